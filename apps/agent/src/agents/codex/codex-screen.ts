import type { AgentScreen } from "../agent-screen.ts";
import type { HookStatus } from "../agent-state.ts";
import { findChoices, textAbove } from "../choices.ts";
import { anyLine, bottomLines, shortened } from "../screen-text.ts";
import { limitEnd } from "../usage-limit.ts";

/** Codex draws its status line, the input and two lines of hints at the bottom; a dialog takes their place. */
const lookedAt = 24;
const aboveInput = 8;

const working = /^\s*[•◦]?\s*.*\besc to interrupt\)?/i;
const permission = /^\s*(Would you like to|Allow Codex to|Do you want to|Allow command)\b.*\?/i;
const dialogEnd = /\b(enter|return) (to )?(continue|confirm|select|submit)\b|\besc (to )?(back|cancel)\b/i;
const prompt = /^\s*›(\s|$)/;
const lastWord = /^[•■›] /;
const usageLimit = /^■ .*(\bhit your usage limit\b|\bstatus (429|503|529)\b|\boverloaded\b)/i;
const title = /^\s*>_ OpenAI Codex \(/;
/** Below the prompt: the model and the folder. */
const foot = /^\s+\S.* · [~/]/;
const login = /Sign in with ChatGPT|Provide your own API key/;

/** Its last word, when that is that no usage is left, or that its model cannot be reached for now. */
function limitOf(bottom: readonly string[]): HookStatus | undefined {
  const inputAt = bottom.findLastIndex((line) => prompt.test(line));
  const at = bottom.slice(0, inputAt).findLastIndex((line) => lastWord.test(line));
  if (!usageLimit.test(bottom[at] ?? "")) return undefined;
  const text = shortened(bottom.slice(at, inputAt).join(" ").replaceAll(/\s+/g, " "));
  const end = limitEnd(text, new Date());
  return { status: "waiting", waiting: { for: "usage_limit", text, ...(end && { resets_at: end.toISOString() }) } };
}

/** How the screen of Codex CLI 0.169 is read. */
export const codexScreen: AgentScreen = {
  read(lines) {
    const bottom = bottomLines(lines, lookedAt);
    const last = bottom.slice(-aboveInput);
    if (anyLine(last, working)) return { status: "working" };
    const choices = findChoices(bottom);
    if (choices && anyLine(bottom.slice(choices.at), dialogEnd)) {
      if (anyLine(bottom, login)) return { status: "waiting", waiting: { for: "login", text: "Not signed in" } };
      const reason = anyLine(bottom.slice(0, choices.at), permission) ? "permission" : "question";
      const text = textAbove(bottom, choices.at);
      return { status: "waiting", waiting: { for: reason, text, options: choices.options } };
    }
    if (!anyLine(last, prompt)) return undefined;
    return limitOf(bottom) ?? { status: "idle" };
  },

  // It draws its prompt before it knows whether a dialog comes first; the line below follows later.
  isLoading: (lines) => anyLine(lines, title) && !anyLine(bottomLines(lines, aboveInput), foot),

  dialogs: [
    {
      name: "trust this folder",
      shows: (lines) => anyLine(bottomLines(lines, lookedAt), /^\s*› 1\. (Trust and continue|Yes, continue)/),
      keys: "\r",
    },
    {
      name: "a newer version",
      shows: (lines) => anyLine(lines, /Update available!/) && anyLine(lines, /^\s*› 1\. Update now/),
      keys: "2",
    },
  ],
};
