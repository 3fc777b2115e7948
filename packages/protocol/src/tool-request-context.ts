/** What people are told of a tool that an agent wants to use, besides the question itself. */
export interface ToolRequestContext {
  tool: string;
  agent: string;
  /** Why it is asked. */
  reason?: string;
  /** The folder that relative paths are meant from. */
  cwd?: string;
  input: unknown;
  /** How many characters of the input are not told. */
  hidden: number;
  /** What rules allowing it for ever would make, each in a line. */
  rules: readonly string[];
}

const INPUT_LENGTH = 16 * 1024;
const RULES = "“Allow always” makes these rules for this server:";
/** Labels begin lines, and no line of a label or of JSON can begin like another label. */
const FORM = new RegExp(
  `^Tool: (.*)\\nAgent: (.*)\\n(?:Why: (.*)\\n)?(?:Folder: (.*)\\n)?(?:Not shown: the last (\\d+) characters\\n)?Input: ([\\s\\S]*?)(?:\\n${RULES}\\n([\\s\\S]+))?$`,
);

/** As a text for people; `readToolRequestContext` reads it. */
export function toolRequestContext(told: Omit<ToolRequestContext, "hidden">): string {
  const { tool, agent, reason, cwd, input, rules } = told;
  const whole = visible(JSON.stringify(input, null, 2) ?? "null");
  const hidden = Math.max(0, whole.length - INPUT_LENGTH);
  return [
    `Tool: ${line(tool)}`,
    `Agent: ${line(agent)}`,
    ...(reason === undefined ? [] : [`Why: ${line(reason)}`]),
    ...(cwd === undefined ? [] : [`Folder: ${line(cwd)}`]),
    ...(hidden === 0 ? [] : [`Not shown: the last ${hidden} characters`]),
    `Input: ${whole.slice(0, INPUT_LENGTH).replace(/\p{Surrogate}$/u, "")}`,
    ...(rules.length === 0 ? [] : [RULES, ...rules.map(line)]),
  ].join("\n");
}

/** Undefined for a text that says it otherwise. What is told in part is its text, else it is what the tool is given. */
export function readToolRequestContext(text: string): ToolRequestContext | undefined {
  const [isRead, tool = "", agent = "", reason, cwd, hidden = "0", input = "", rules] = FORM.exec(text) ?? [];
  if (isRead === undefined) return undefined;
  return {
    tool,
    agent,
    ...(reason !== undefined && { reason }),
    ...(cwd !== undefined && { cwd }),
    input: parsed(input),
    hidden: Number(hidden),
    rules: rules?.split("\n") ?? [],
  };
}

/** What turns the direction of writing, or cannot be seen, must not hide from whoever decides. */
export const visible = (text: string): string =>
  text.replace(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);

const line = (text: string): string => visible(text).replace(/\n/g, "\\n");

function parsed(input: string): unknown {
  try {
    return JSON.parse(input.replace(/\\(?:u\{([0-9a-f]+)\}|[\s\S])/g, unescaped));
  } catch {
    return input;
  }
}

const unescaped = (written: string, code: string | undefined): string =>
  code === undefined ? written : String.fromCodePoint(Number.parseInt(code, 16));
