import type { AgentScreen } from "../agent-screen.ts";
import type { HookStatus } from "../agent-state.ts";
import { findChoices, textAbove } from "../choices.ts";
import { anyLine, bottomLines } from "../screen-text.ts";

const lookedAt = 18;

const working = /\besc (again to |to )?interrupt\b/i;
/** Between two tries; whether that is long, its hook tells. */
const retrying = /\[retrying in .*\battempt #\d+\]/;
const permission = /^[\s┃│]*△ Permission required/;
/** Side by side, the first one marked. */
const permissionOptions = ["Allow once", "Allow always", "Reject"] as const;
const rightKey = "\x1b[C";
const question = /\benter (confirm|submit|select)\b/;
const framed = /^\s*┃/;
const prompt = /^\s*┃\s+(Ask anything|\w+ · )/;
/** Beside a long path it breaks into two lines. */
const foot = /\bctrl\+p\b/;

/** Its own question: a list without a mark, below what is asked, which is all in one frame. */
function questionAt(bottom: readonly string[]): HookStatus {
  const choices = findChoices(bottom, { needsMark: false });
  const at = choices?.at ?? bottom.length - 1;
  const from = bottom.slice(0, at).findLastIndex((line) => !framed.test(line)) + 1;
  const text = textAbove(bottom.slice(from, at), at - from);
  return { status: "waiting", waiting: { for: "question", text, ...(choices && { options: choices.options }) } };
}

/** How the screen of opencode 1.18 is read. */
export const opencodeScreen: AgentScreen = {
  read(lines) {
    const bottom = bottomLines(lines, lookedAt);
    const asked = bottom.findLastIndex((line) => permission.test(line));
    if (asked >= 0 && anyLine(bottom.slice(asked), question)) {
      const end = bottom.findLastIndex((line) => question.test(line));
      const text = textAbove(bottom.slice(asked, end), end - asked);
      return { status: "waiting", waiting: { for: "permission", text, options: [...permissionOptions] } };
    }
    if (anyLine(bottom, retrying)) return undefined;
    if (anyLine(bottom, working)) return { status: "working" };
    if (anyLine(bottom.slice(-3), question)) return questionAt(bottom);
    return anyLine(bottom, prompt) && anyLine(bottom, foot) ? { status: "idle" } : undefined;
  },

  optionKeys: (option, { for: reason }) =>
    reason === "permission" ? `${rightKey.repeat(option)}\r` : String(option + 1),

  // It trusts every folder, and without a model of somebody's own it offers free ones: nothing stands in the way.
  dialogs: [],
};
