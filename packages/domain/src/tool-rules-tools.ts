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
  /** Whether it looks through the files of a folder that its input may name. */
  readonly searches?: boolean;
}

const tool = (name: string, kind: ToolKind, ...parameters: string[]): KnownTool => ({ name, kind, parameters });
const GLOB: KnownTool = { ...tool("Glob", "other", "pattern"), searches: true };
const GREP: KnownTool = { ...tool("Grep", "other", "pattern"), searches: true };

const CLAUDE: Readonly<Record<string, KnownTool>> = {
  Bash: tool("Bash", "command", "command"),
  Read: tool("Read", "read", "file_path"),
  Write: tool("Write", "write", "file_path"),
  Edit: tool("Edit", "write", "file_path"),
  MultiEdit: tool("Edit", "write", "file_path"),
  NotebookEdit: tool("Edit", "write", "notebook_path"),
  Glob: GLOB,
  Grep: GREP,
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
    glob: GLOB,
    search_file_content: GREP,
    grep_search: GREP,
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
    glob: GLOB,
    grep: GREP,
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
  /** Where the input says that it is to work: the folder that a command runs in, or the place that is searched. */
  readonly folders: readonly unknown[];
}

export function toolInQuestion({ agent, tool: name, input }: ToolUse): ToolInQuestion {
  const ofAgent = Object.hasOwn(TOOLS, agent) ? TOOLS[agent] : undefined;
  const known = ofAgent && Object.hasOwn(ofAgent, name) ? ofAgent[name] : undefined;
  if (!known) return { names: [name], kind: "other", parameter: undefined, folders: [] };
  const { kind, parameters, searches = false } = known;
  const members = searches ? SEARCHED : kind === "command" ? FOLDERS : [];
  const folders = members
    .map((name) => member(input, [name]))
    .filter((folder) => folder !== undefined && folder !== null);
  return { names: [...new Set([name, known.name])], kind, parameter: member(input, parameters), folders };
}

const FOLDERS = ["directory", "dir_path", "workdir", "cwd", "working_directory"];
const SEARCHED = ["path", ...FOLDERS];

/**
 * What an agent would say that uses a tool on just this; the tool by its own name or the one that all share. Of a tool that is
 * not known the text is the input, as JSON where it is some.
 */
export function toolUseOn(agent: string, name: string, text: string): Pick<ToolUse, "agent" | "tool" | "input"> {
  const ofAgent = Object.hasOwn(TOOLS, agent) ? TOOLS[agent] : undefined;
  const tools = Object.entries(ofAgent ?? {});
  const [tool, known] =
    tools.find(([own]) => own === name) ?? tools.find(([, { name: shared }]) => shared === name) ?? [];
  const member = known?.parameters[0];
  if (tool === undefined || member === undefined) return { agent, tool: name, input: parsed(text) };
  return { agent, tool, input: { [member]: text } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The tools whose rules also hold for files that a command writes or reads by redirection. */
export const REDIRECTED_TO = { write: ["Write"], read: ["Read"] } as const;

const member = (input: unknown, names: readonly string[]): unknown => {
  if (typeof input !== "object" || input === null) return undefined;
  const name = names.find((name) => Object.hasOwn(input, name));
  return name === undefined ? undefined : (input as Readonly<Record<string, unknown>>)[name];
};

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
