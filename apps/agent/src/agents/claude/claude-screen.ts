import type { AgentScreen } from "../agent-screen.ts";
import { findChoices, textAbove } from "../choices.ts";
import { anyLine, bottomLines } from "../screen-text.ts";

/** Below its last answer Claude Code draws a status line, the input between two rules, and up to four lines of hints. */
const lookedAt = 24;
const footer = 4;

const working = /\besc to interrupt\b/i;
const permission = /^\s*Do you want to .*\?\s*$/;
const dialogEnd = /\bEsc to (cancel|exit|reject)\b|\bEnter to (select|confirm|submit)\b/i;
const prompt = /^❯(\s|$)/;
const loggedOut = /\bNot logged in · |Please run \/login\b/;

/** How the screen of Claude Code 2.1 is read. */
export const claudeScreen: AgentScreen = {
  read(lines) {
    const bottom = bottomLines(lines, lookedAt);
    const last = bottom.slice(-footer);
    if (anyLine(last, working)) return { status: "working" };

    const choices = findChoices(bottom);
    if (choices && anyLine(bottom.slice(choices.at), dialogEnd)) {
      const reason = anyLine(bottom.slice(0, choices.at), permission) ? "permission" : "question";
      const text = textAbove(bottom, choices.at);
      return { status: "waiting", waiting: { for: reason, text, options: choices.options } };
    }
    if (!anyLine(bottom, prompt)) return undefined;
    if (anyLine(last, loggedOut))
      return { status: "waiting", waiting: { for: "login", text: "Not logged in: /login" } };
    return { status: "idle" };
  },

  dialogs: [
    {
      name: "trust this folder",
      shows: (lines) => anyLine(bottomLines(lines, lookedAt), /^\s*❯ 1\. Yes, I trust this folder/),
      keys: "\r",
    },
    {
      // The key is in the environment that the daemon was given: whoever put it there wants it used.
      name: "use the key in the environment",
      shows: (lines) =>
        anyLine(lines, /Do you want to use this API key\?/) && anyLine(bottomLines(lines, lookedAt), /❯ 2\. No/),
      keys: "1",
    },
  ],
};
