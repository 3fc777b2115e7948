import { ANYTHING, readShellUse, type ShellUse } from "./shell-command-parts.ts";
import type { Word } from "./shell-command-word.ts";
import { BUILT_IN_RULES } from "./tool-rules-built-in.ts";
import { givenFiles, openWords } from "./tool-rules-given-files.ts";
import { GAP, mayMatch, surelyMatches, type Text } from "./tool-rules-glob.ts";
import { isSamePath, namesOfFile, namesOfFolder, namesOfWord } from "./tool-rules-paths.ts";
import {
  filesOf,
  REDIRECTED_TO,
  type ToolInQuestion,
  type ToolUse,
  textsOfInput,
  toolInQuestion,
} from "./tool-rules-tools.ts";

export const TOOL_DECISIONS = ["allow", "deny", "ask"] as const;
export type ToolDecision = (typeof TOOL_DECISIONS)[number];

/** What people decided beforehand about the use of tools. */
export interface ToolRule {
  readonly id: string;
  readonly name: string;
  /** Glob on the tool's name, its agent's or the one that all share (`Bash`, `Read`, `Write`, `Edit` …). */
  readonly tool_pattern: string;
  /** Glob on what it is used on; null: whatever that is. */
  readonly param_pattern: string | null;
  readonly action: ToolDecision;
  /** None: every agent. */
  readonly agents: readonly string[];
  /** Null: every server of the project. */
  readonly server_id: string | null;
}

/** A use of a tool, and where. */
export interface ToolUseThere extends ToolUse {
  readonly server: string;
}

export interface JudgedPart {
  /** For people: the command, the file, the address. */
  readonly shown: string;
  readonly decision: ToolDecision;
  readonly rule?: ToolRule;
  /** What a rule that allows just this would say; none: patterns cannot say it, or another rule stands against it. */
  readonly allowance?: Allowance;
}

export interface Allowance {
  readonly tool_pattern: string;
  readonly param_pattern: string;
}

export interface Judgement {
  readonly decision: ToolDecision;
  /** The rule that decided; none: no rule says anything. */
  readonly rule?: ToolRule;
  /** A plain sentence. */
  readonly reason: string;
  readonly parts: readonly JudgedPart[];
}

/** One thing that a use of a tool does, to be judged by itself. */
interface Subject {
  /** The tool's names for rules. */
  readonly tools: readonly string[];
  readonly shown: string;
  /** It is allowed when one of these is; none: it needs no allowance. */
  readonly names: readonly Text[];
  /** What forbids looks at these too. */
  readonly hidden: readonly Text[];
  /** What it is cannot be said, so that no pattern allows it, not even `*`. */
  readonly isUncertain?: boolean;
  /** Tools whose rule without a pattern also allows this. */
  readonly allowedWith?: readonly string[];
}

/**
 * Judges a use of a tool: what is denied for any part of it is denied, else what is to be asked for any part is asked, and
 * it is allowed only when every part is. Deny wins over ask, ask over allow; of equals the rule of the server is named
 * before the project's, and one with a pattern before one without. Without a rule people are asked.
 */
export function judge(rules: readonly ToolRule[], use: ToolUseThere): Judgement {
  const applying = rules
    .filter(({ agents }) => agents.length === 0 || agents.includes(use.agent))
    .filter(({ server_id }) => server_id === null || server_id === use.server)
    .sort((a, b) => specificity(b) - specificity(a));
  const { subjects, uncertain } = subjectsOf(use, (subject) => isOnlyBuiltIn(applying, subject));
  const parts = subjects.map((subject) => judgePart(applying, subject));
  const worst =
    parts.find(({ decision }) => decision === "deny") ?? parts.find(({ decision }) => decision === "ask") ?? parts[0];
  const decision = worst?.decision ?? "ask";
  const rule = worst?.rule;
  return { decision, ...(rule && { rule }), reason: reasonOf({ decision, rule, worst, parts, uncertain }), parts };
}

/** Whether it is allowed, and by no rule of people. */
const isOnlyBuiltIn = (rules: readonly ToolRule[], subject: Subject): boolean => {
  const ofPeople = rules.filter((rule) => !BUILT_IN_RULES.includes(rule));
  return judgePart(rules, subject).decision === "allow" && judgePart(ofPeople, subject).decision !== "allow";
};

const specificity = ({ server_id, agents, param_pattern }: ToolRule): number =>
  (agents.length > 0 ? 4 : 0) + (server_id === null ? 0 : 2) + (param_pattern === null ? 0 : 1);

function judgePart(rules: readonly ToolRule[], subject: Subject): JudgedPart {
  const { shown } = subject;
  const mine = rules.filter(({ tool_pattern }) => subject.tools.some((name) => surelyMatches(tool_pattern, [name])));
  const all = [...subject.names, ...subject.hidden];
  const touches = ({ param_pattern }: ToolRule): boolean =>
    param_pattern === null || all.some((text) => mayMatch(param_pattern, text));
  const hits = ({ param_pattern }: ToolRule): boolean =>
    param_pattern === null ||
    all.some((text) => surelyMatches(param_pattern, text) || (text.every(isKnown) && mayMatch(param_pattern, text)));
  const denying = mine.filter(({ action }) => action === "deny");
  const denied = denying.find(hits);
  if (denied) return { shown, decision: "deny", rule: denied };
  const asking = mine.filter(({ action }) => action === "ask");
  const asked = asking.find(touches) ?? denying.find(touches);
  if (asked) return { shown, decision: "ask", rule: asked };
  if (subject.names.length === 0) return { shown, decision: "allow" };
  const allowed =
    mine.find((rule) => rule.action === "allow" && allows(rule, subject)) ??
    rules.find(
      (rule) => rule.action === "allow" && rule.param_pattern === null && isOf(rule, subject.allowedWith ?? []),
    );
  if (allowed) return { shown, decision: "allow", rule: allowed };
  const allowance = allowanceOf(subject);
  return { shown, decision: "ask", ...(allowance && { allowance }) };
}

const LONGEST_PATTERN = 500;

/** Only what is known to the last letter, and has no letter that means more to a pattern. */
function allowanceOf({ tools, names, isUncertain = false }: Subject): Allowance | undefined {
  const [text = []] = names;
  const tool_pattern = tools.at(-1);
  if (isUncertain || tool_pattern === undefined || !text.every(isKnown)) return undefined;
  const param_pattern = text.map((piece) => (typeof piece === "string" ? piece : " ")).join("");
  const isExact = !/[*?]/.test(tool_pattern + param_pattern) && surelyMatches(param_pattern, text);
  return isExact && param_pattern.trim() !== "" && param_pattern.length <= LONGEST_PATTERN
    ? { tool_pattern, param_pattern }
    : undefined;
}

const isKnown = (piece: Text[number]): boolean => typeof piece !== "object";

const isOf = ({ tool_pattern }: ToolRule, tools: readonly string[]): boolean =>
  tools.some((name) => surelyMatches(tool_pattern, [name]));

const allows = ({ param_pattern }: ToolRule, { names, isUncertain = false }: Subject): boolean =>
  param_pattern === null || (!isUncertain && names.some((text) => surelyMatches(param_pattern, text)));

type Trust = (subject: Subject) => boolean;

function subjectsOf(use: ToolUse, isOnlyBuiltIn: Trust): { subjects: readonly Subject[]; uncertain?: string } {
  const tool = toolInQuestion(use);
  const { names: tools, kind, parameter } = tool;
  if (kind === "command") return commandSubjects(use, tool, isOnlyBuiltIn);
  const files = filesOf(tool);
  if (files === undefined) {
    return { subjects: [unknownSubject(tools, use.tool)], uncertain: "which files it means cannot be seen" };
  }
  if (files.length > 0) return { subjects: files.flatMap((file) => toolFile(use, tools, file)) };
  const searched = tool.folders.flatMap((folder) => searchedFolder(use, tools, folder));
  const hidden = searched.flatMap(({ names, hidden }) => [...names, ...hidden]);
  if (typeof parameter === "string")
    return { subjects: [{ tools, shown: parameter, names: [[parameter]], hidden }, ...searched] };
  return { subjects: [{ tools, shown: use.tool, ...textsOfInput(use.input) }, ...searched] };
}

function commandSubjects(
  use: ToolUse,
  { names: tools, parameter: command, folders: named }: ToolInQuestion,
  isOnlyBuiltIn: Trust,
): { subjects: readonly Subject[]; uncertain?: string } {
  const isWords = Array.isArray(command) && command.every((word) => typeof word === "string");
  if (typeof command !== "string" && !isWords) {
    return { subjects: [unknownSubject(tools, use.tool)], uncertain: "its command cannot be seen" };
  }
  const reading = readShellUse(command);
  if (reading.uncertain !== undefined) {
    const shown = typeof command === "string" ? command : command.join(" ");
    return { subjects: [unknownSubject(tools, shown)], uncertain: reading.uncertain };
  }
  const parts = reading.parts.map((part) => ({ tools, ...part }));
  // What is built in is about the agent's own words, not about files that it has the hub shown.
  const builtIn = parts.filter(isOnlyBuiltIn);
  const { cwd } = use;
  const elsewhere = named.filter((folder) => {
    return cwd === undefined || typeof folder !== "string" || !isSamePath(folder, cwd, folders(use));
  });
  const subjects = [
    ...parts,
    ...(builtIn.length < parts.length ? elsewhere.map((folder) => folderOfCommand(use, tools, folder)) : []),
    ...filesOfCommand(use, {
      tools,
      reading,
      changesFolder: reading.changesFolder || elsewhere.length > 0,
      readsAreFree: builtIn.length === 0,
    }),
    ...builtIn.flatMap(openWords).map((word) => {
      return { tools: REDIRECTED_TO.read, shown: shownWord(word), names: [ANYTHING], hidden: [] };
    }),
  ];
  // An empty line does nothing, but nobody asked for it.
  return { subjects: subjects.length > 0 ? subjects : [{ tools, shown: "", names: [[""]], hidden: [] }] };
}

/** That a command runs in another folder is judged as if it went there first. */
function folderOfCommand(use: ToolUse, tools: readonly string[], folder: unknown): Subject {
  if (typeof folder !== "string") return unknownSubject(tools, use.tool);
  return { tools, shown: `cd ${folder}`, names: [["cd", GAP, folder]], hidden: namesOfFolder(folder, folders(use)) };
}

interface CommandFiles {
  readonly tools: readonly string[];
  readonly reading: ShellUse;
  readonly changesFolder: boolean;
  readonly readsAreFree: boolean;
}

function filesOfCommand(
  use: ToolUse,
  { tools, reading: { parts, writes, reads }, changesFolder, readsAreFree }: CommandFiles,
): Subject[] {
  const place = { ...folders(use), changesFolder };
  const files = (words: readonly Word[], as: Omit<FileSubject, "shown" | "names">, sign: string): Subject[] =>
    words.flatMap((word) => {
      const shown = shownWord(word);
      const names = namesOfWord(word, place);
      return withRealFile(use, shown, { ...as, shown: sign + shown, names });
    });
  return [
    ...files(writes, { tools: REDIRECTED_TO.write, allowedWith: tools, isFree: false }, "> "),
    ...files(reads, { tools: REDIRECTED_TO.read, allowedWith: [], isFree: readsAreFree }, "< "),
    ...files(parts.flatMap(givenFiles), { tools: REDIRECTED_TO.read, allowedWith: tools, isFree: false }, "@"),
  ];
}

interface FileSubject {
  readonly tools: readonly string[];
  readonly shown: string;
  readonly names: readonly Text[];
  readonly allowedWith: readonly string[];
  /** It needs no allowance. */
  readonly isFree: boolean;
}

/** The file as it is named, and the one that it really is. */
function withRealFile(use: ToolUse, file: string, { names, isFree, ...subject }: FileSubject): Subject[] {
  const real = use.realPaths?.[file];
  const isElsewhere = real !== undefined && !names.some(([name]) => name === real);
  const all = isElsewhere ? [names, namesOfFile(real, folders(use)).map((name): Text => [name])] : [names];
  return all.map((names, n) => ({
    ...subject,
    shown: n === 0 ? subject.shown : `${subject.shown} (${real})`,
    names: isFree ? [] : names,
    // As it was written, for what forbids.
    hidden: isFree ? names : [[file]],
  }));
}

/** The files whose real places `realPaths` should tell. */
export function filesInQuestion(use: ToolUse): readonly string[] {
  const tool = toolInQuestion(use);
  const { kind, parameter, folders } = tool;
  if (kind !== "command") return [...(filesOf(tool) ?? []), ...folders.filter((folder) => typeof folder === "string")];
  const reading = typeof parameter === "string" ? readShellUse(parameter) : undefined;
  if (!reading || reading.uncertain !== undefined) return [];
  return [...reading.writes, ...reading.reads, ...reading.parts.flatMap(givenFiles)]
    .filter((word) => word.every(isText))
    .map(shownWord);
}

const isText = (piece: Text[number]): boolean => typeof piece === "string";

function toolFile(use: ToolUse, tools: readonly string[], file: string): Subject[] {
  const names = namesOfFile(file, folders(use)).map((name): Text => [name]);
  return withRealFile(use, file, { tools, shown: file, names, allowedWith: [], isFree: false });
}

/** What is searched is read, all that is in it. */
function searchedFolder(use: ToolUse, tools: readonly string[], folder: unknown): Subject[] {
  if (typeof folder !== "string") return [{ ...unknownSubject(REDIRECTED_TO.read, use.tool), allowedWith: tools }];
  const real = use.realPaths?.[folder];
  const isElsewhere = real !== undefined && !isSamePath(folder, real, folders(use));
  return [folder, ...(isElsewhere ? [real] : [])].map((place, n) => ({
    tools: REDIRECTED_TO.read,
    shown: n === 0 ? folder : `${folder} (${real})`,
    names: namesOfFolder(place, folders(use)),
    hidden: [[folder], ...(isAbove(place, use) ? [["~/", {}]] : [])],
    allowedWith: tools,
  }));
}

/** Whether home is in the folder: what is in it has names from home then as well. */
const isAbove = (folder: string, use: ToolUse): boolean =>
  use.home !== undefined && namesOfFolder(folder, folders(use)).some((name) => mayMatch(`${use.home}/`, name));

/** Only what is said of a tool as a whole, or of everything, holds for it. */
const unknownSubject = (tools: readonly string[], shown: string): Subject => ({
  tools,
  shown,
  names: [ANYTHING],
  hidden: [],
  isUncertain: true,
});

const folders = ({ cwd, home }: ToolUse) => ({
  ...(cwd !== undefined && { cwd }),
  ...(home !== undefined && { home }),
});

const shownWord = (word: Word): string =>
  word.map((piece) => (typeof piece === "string" ? piece : (piece.source ?? "…"))).join("");

interface Outcome {
  decision: ToolDecision;
  rule: ToolRule | undefined;
  worst: JudgedPart | undefined;
  parts: readonly JudgedPart[];
  uncertain: string | undefined;
}

const SHOWN_LENGTH = 200;

function reasonOf({ decision, rule, worst, parts, uncertain }: Outcome): string {
  const part = parts.length > 1 && worst ? ` (for: ${worst.shown.slice(0, SHOWN_LENGTH)})` : "";
  if (decision === "deny") return `The rule “${rule?.name}” forbids it${part}.`;
  if (decision === "allow") return rule ? `The rule “${rule.name}” allows it.` : "It needs no allowance.";
  if (uncertain !== undefined) return `What it would run is not certain: ${uncertain}.`;
  return rule ? `The rule “${rule.name}” wants a person to decide${part}.` : `No rule allows it${part}.`;
}
