import { ANYTHING } from "./shell-command-parts.ts";
import type { Text } from "./tool-rules-glob.ts";

/** What a tool does, whatever its agent calls it. */
export type ToolKind = "command" | "write" | "read" | "other";

interface KnownTool {
  /** The name that rules may use for the tools of all agents. */
  readonly name: string;
  readonly kind: ToolKind;
  /** Members of the input that say what it is used on; the first one that is there counts. */
  readonly parameters: readonly string[];
}

const tool = (name: string, kind: ToolKind, ...parameters: string[]): KnownTool => ({ name, kind, parameters });

const CLAUDE: Readonly<Record<string, KnownTool>> = {
  Bash: tool("Bash", "command", "command"),
  Read: tool("Read", "read", "file_path"),
  Write: tool("Write", "write", "file_path"),
  Edit: tool("Edit", "write", "file_path"),
  MultiEdit: tool("Edit", "write", "file_path"),
  NotebookEdit: tool("Edit", "write", "notebook_path"),
  Glob: tool("Glob", "other", "pattern"),
  Grep: tool("Grep", "other", "pattern"),
  WebFetch: tool("WebFetch", "other", "url"),
  WebSearch: tool("WebSearch", "other", "query"),
  Agent: tool("Agent", "other", "prompt"),
  Task: tool("Agent", "other", "prompt"),
};

/** By agent, by the agent's own names: a tool of the same name elsewhere is none of these. */
const TOOLS: Readonly<Record<string, Readonly<Record<string, KnownTool>>>> = {
  claude: CLAUDE,
  gemini: {
    run_shell_command: tool("Bash", "command", "command"),
    read_file: tool("Read", "read", "file_path", "absolute_path"),
    write_file: tool("Write", "write", "file_path"),
    replace: tool("Edit", "write", "file_path"),
    glob: tool("Glob", "other", "pattern"),
    search_file_content: tool("Grep", "other", "pattern"),
    grep_search: tool("Grep", "other", "pattern"),
    web_fetch: tool("WebFetch", "other", "prompt"),
    google_web_search: tool("WebSearch", "other", "query"),
  },
  codex: {
    Bash: tool("Bash", "command", "command"),
    shell: tool("Bash", "command", "command"),
    local_shell: tool("Bash", "command", "command"),
    exec_command: tool("Bash", "command", "cmd", "command"),
    apply_patch: tool("Edit", "write", "input", "command"),
    web_search: tool("WebSearch", "other", "query"),
  },
  opencode: {
    bash: tool("Bash", "command", "command"),
    read: tool("Read", "read", "filePath"),
    write: tool("Write", "write", "filePath"),
    edit: tool("Edit", "write", "filePath"),
    patch: tool("Edit", "write", "patchText"),
    apply_patch: tool("Edit", "write", "patchText"),
    glob: tool("Glob", "other", "pattern"),
    grep: tool("Grep", "other", "pattern"),
    webfetch: tool("WebFetch", "other", "url"),
    websearch: tool("WebSearch", "other", "query"),
    task: tool("Agent", "other", "prompt"),
  },
};

/** A use of a tool, as its agent tells of it. */
export interface ToolUse {
  readonly agent: string;
  readonly tool: string;
  readonly input: unknown;
  /** The folder that relative paths are meant from. */
  readonly cwd?: string;
  readonly home?: string;
  /** Where files really are, by the path as it is written: what links lead to. */
  readonly realPaths?: Readonly<Record<string, string>>;
}

/** What is known of the tool: its names, what it does and on what. */
export interface ToolInQuestion {
  readonly names: readonly string[];
  readonly kind: ToolKind;
  /** Undefined where the input does not say. */
  readonly parameter: unknown;
}

export function toolInQuestion({ agent, tool: name, input }: ToolUse): ToolInQuestion {
  const ofAgent = Object.hasOwn(TOOLS, agent) ? TOOLS[agent] : undefined;
  const known = ofAgent && Object.hasOwn(ofAgent, name) ? ofAgent[name] : undefined;
  if (!known) return { names: [name], kind: "other", parameter: undefined };
  return { names: [...new Set([name, known.name])], kind: known.kind, parameter: member(input, known.parameters) };
}

/** The tools whose rules also hold for files that a command writes or reads by redirection. */
export const REDIRECTED_TO = { write: ["Write"], read: ["Read"] } as const;

const member = (input: unknown, names: readonly string[]): unknown => {
  if (typeof input !== "object" || input === null) return undefined;
  const name = names.find((name) => Object.hasOwn(input, name));
  return name === undefined ? undefined : (input as Readonly<Record<string, unknown>>)[name];
};

/** Whether a command says itself where it is to run, so that relative paths are meant from there. */
export const namesFolder = (input: unknown): boolean =>
  member(input, ["directory", "dir_path", "workdir", "cwd", "working_directory"]) !== undefined;

/** The files that a writing or reading tool names; undefined when that cannot be seen. */
export function filesOf({ kind, parameter }: ToolInQuestion): readonly string[] | undefined {
  if (kind !== "write" && kind !== "read") return [];
  if (typeof parameter !== "string" || parameter === "" || parameter.includes("\0")) return undefined;
  if (!parameter.includes("\n")) return [parameter];
  return filesOfPatch(parameter);
}

function filesOfPatch(patch: string): readonly string[] | undefined {
  if (!/^\s*\*\*\* Begin Patch\s*$/m.test(patch)) return undefined;
  const headers = patch.split(/\r?\n/).filter((line) => /^\s*\*\*\* (?!Begin Patch|End Patch|End of File)/.test(line));
  const files = headers.map((line) => /^\s*\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$/.exec(line)?.[1]);
  return files.length > 0 && files.every((file) => file !== undefined) ? files : undefined;
}

/** Longer inputs and more of their texts are not looked through. */
const LONGEST_INPUT = 64 * 1024;

/** What an input that we know nothing of comes to: all of it as JSON, and each text in it for what forbids. */
export function textsOfInput(input: unknown): { names: readonly Text[]; hidden: readonly Text[] } {
  const json = JSON.stringify(input) ?? "";
  if (json.length > LONGEST_INPUT) return { names: [ANYTHING], hidden: [ANYTHING] };
  const leaves: Text[] = [];
  const open: unknown[] = [input];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "string") leaves.push([value]);
    else if (typeof value === "object" && value !== null) open.push(...Object.values(value));
  }
  return { names: [[json]], hidden: leaves };
}
