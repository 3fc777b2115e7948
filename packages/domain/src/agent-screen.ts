import type { AgentStatus } from "./vocabulary.ts";

/** How a screen shows what its agent is doing. Looked for in the last lines only: what scrolled up is over. */
type Signs = {
  working: RegExp;
  /** A question to a person: what is typed now would answer it. */
  waiting: RegExp;
  prompt: RegExp;
  /** What must stand below the prompt as well, where its own line could be anybody's. */
  foot?: RegExp;
};

/** Lines from the bottom in which an agent draws its prompt and what belongs to it. */
const LOOKED_AT = 14;

const SIGNS: Readonly<Record<string, Signs>> = {
  claude: {
    working: /\besc to interrupt\b/i,
    waiting: /❯ \d\. |\bDo you (want|trust)\b|\benter to confirm\b|\bEsc to cancel\b/i,
    prompt: /^[\s│|]*[>❯](\s|$)/,
  },
  codex: {
    working: /\besc to interrupt\b/i,
    waiting: /› \d\. |\b(Allow command|Would you like to|Do you trust)\b|\bpress enter to (confirm|continue)\b/i,
    prompt: /^[\s│|]*[›▌](\s|$)/,
  },
  gemini: {
    working: /\besc to cancel\b/i,
    waiting: /● \d\. |\b(Apply this change|Allow execution|Do you trust|Do you want)\b/i,
    prompt: /^[\s│|]*>\s/,
  },
  opencode: {
    working: /\besc (again to |to )?interrupt\b/i,
    waiting: /^[\s┃│|]*△ Permission required|\benter (confirm|submit|select)\b/,
    prompt: /^[\s┃│|]*(Ask anything|\w+ · )/,
    foot: /\bctrl\+p commands\b/,
  },
};

/** The line on which a shell waits: a prompt's last character, with nothing behind it. */
const SHELL_PROMPT = /[$#%❯➜»>]\s*$/;

/**
 * What the agent is doing, judged by its screen alone: `unknown` where nothing of it can be made out, and always for an
 * agent whose screen nobody has described. A question on the screen counts before a prompt, work before both.
 */
export function readAgentScreen(agent: string, lines: readonly string[]): AgentStatus {
  const signs = Object.hasOwn(SIGNS, agent) ? SIGNS[agent] : undefined;
  if (!signs) return "unknown";
  const bottom = written(lines).slice(-LOOKED_AT);
  const shows = (sign: RegExp) => bottom.some((line) => sign.test(line));
  if (shows(signs.working)) return "working";
  if (shows(signs.waiting)) return "waiting";
  if (showsShellPrompt(lines) && !isFramed(bottom)) return "exited";
  return shows(signs.prompt) && (!signs.foot || shows(signs.foot)) ? "idle" : "unknown";
}

/** True when the last line of the screen looks like a shell that waits for a command. */
export function showsShellPrompt(lines: readonly string[]): boolean {
  const last = written(lines).at(-1);
  return last !== undefined && SHELL_PROMPT.test(last) && !isFrame(last);
}

const written = (lines: readonly string[]): string[] => lines.filter((line) => line.trim() !== "");

/** Agents draw their input between rules or in a box; a shell draws neither. */
const isFrame = (line: string): boolean => /[─━╭╰╮╯┃│▔▁]/.test(line);
const isFramed = (lines: readonly string[]): boolean => lines.slice(-4).some(isFrame);
