import type { AgentScreen } from "../agent-screen.ts";
import { textAbove } from "../choices.ts";
import { anyLine, bottomLines } from "../screen-text.ts";

const lookedAt = 18;

const working = /\besc (again to |to )?interrupt\b/i;
const permission = /^[\s┃│]*△ Permission required/;
/** Side by side, the first one marked. */
const permissionOptions = ["Allow once", "Allow always", "Reject"] as const;
const rightKey = "\x1b[C";
const question = /\benter (confirm|submit|select)\b/;
const prompt = /^\s*┃\s+(Ask anything|\w+ · )/;
const foot = /\bctrl\+p commands\b/;

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
    if (anyLine(bottom, working)) return { status: "working" };
    if (anyLine(bottom.slice(-3), question)) {
      return { status: "waiting", waiting: { for: "question", text: textAbove(bottom, bottom.length - 1) } };
    }
    return anyLine(bottom, prompt) && anyLine(bottom, foot) ? { status: "idle" } : undefined;
  },

  optionKeys: (option) => `${rightKey.repeat(option)}\r`,

  // It trusts every folder, and without a model of somebody's own it offers free ones: nothing stands in the way.
  dialogs: [],
};
