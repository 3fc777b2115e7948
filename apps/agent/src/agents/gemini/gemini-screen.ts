import type { AgentScreen } from "../agent-screen.ts";
import type { HookStatus } from "../agent-state.ts";
import { type Choices, findChoices, textAbove } from "../choices.ts";
import { anyLine, bottomLines } from "../screen-text.ts";
import { limitEnd } from "../usage-limit.ts";

/** Below its answers Gemini CLI draws its status, the input between two thick rules, and two lines of facts. */
const lookedAt = 24;
const aboveInput = 10;

const working = /\(esc to cancel\b/i;
const permission = /^[\s│]*(Allow execution of|Apply this change|Allow .* to|Do you want to)\b.*\??/i;
const usageLimit = /^[\s│]*(Usage limit reached for |We are currently experiencing high demand)/;
const prompt = /^\s*[>!*]\s+\S/;
const login = /How would you like to authenticate for this project|Waiting for auth|Enter Gemini API Key/i;

/** It offers to try again, and to stop or to take another model: what that costs is not ours to decide. */
function limitAt(bottom: readonly string[], { at, options }: Choices): HookStatus {
  const text = textAbove(bottom, at);
  const end = limitEnd(text, new Date());
  const waiting = { for: "usage_limit" as const, text, options, ...(end && { resets_at: end.toISOString() }) };
  return { status: "waiting", waiting };
}

/** How the screen of Gemini CLI 0.61 is read. */
export const geminiScreen: AgentScreen = {
  read(lines) {
    const bottom = bottomLines(lines, lookedAt);
    const last = bottom.slice(-aboveInput);
    const choices = findChoices(bottom);
    if (choices && !anyLine(bottom.slice(choices.at), prompt)) {
      if (anyLine(bottom, login)) return { status: "waiting", waiting: { for: "login", text: "Not signed in" } };
      if (anyLine(bottom.slice(0, choices.at), usageLimit)) return limitAt(bottom, choices);
      const reason = anyLine(bottom.slice(0, choices.at), permission) ? "permission" : "question";
      const text = textAbove(bottom, choices.at);
      return { status: "waiting", waiting: { for: reason, text, options: choices.options } };
    }
    if (anyLine(last, working)) return { status: "working" };
    if (anyLine(last, login)) return { status: "waiting", waiting: { for: "login", text: "Not signed in" } };
    return anyLine(last, prompt) ? { status: "idle" } : undefined;
  },

  afterLimit(options) {
    const at = options.findIndex((option) => /^(Keep trying|Stop)$/.test(option));
    return at < 0 ? undefined : at;
  },

  // The folder is trusted for this session by an argument; here in case a version does not know that.
  dialogs: [
    {
      name: "trust this folder",
      shows: (lines) =>
        anyLine(lines, /Do you trust (the files in )?this folder\?/) &&
        anyLine(bottomLines(lines, lookedAt), /^[\s│]*● 1\. Trust folder/),
      keys: "\r",
    },
  ],
};
