import { readShellLine, type SimpleCommand } from "./shell-command.ts";
import type { Word } from "./shell-command-word.ts";
import { unwrap } from "./shell-command-wrappers.ts";
import { GAP, type Text } from "./tool-rules-glob.ts";

/** One thing that a command line does. */
export interface ShellPart {
  /** For people. */
  readonly shown: string;
  /** What it may be called: it is allowed when one of these is. None: only forbidding it makes sense. */
  readonly names: readonly Text[];
  /** What it comes to besides: only what forbids looks at these. */
  readonly hidden: readonly Text[];
}

export interface ShellUse {
  readonly parts: readonly ShellPart[];
  readonly writes: readonly Word[];
  readonly reads: readonly Word[];
  /** Whether relative paths may be meant from another folder. */
  readonly changesFolder: boolean;
}

/** `uncertain` says why nobody can be sure what is run. */
export type ShellReading = ({ readonly uncertain?: never } & ShellUse) | { readonly uncertain: string };

const DEEPEST_SCRIPT = 5;
/** A text of which nothing is known. */
export const ANYTHING: Text = [{}];

/** Everything that a command line, or a program with its arguments, does. */
export function readShellUse(command: string | readonly string[]): ShellReading {
  const use = { parts: [] as ShellPart[], writes: [] as Word[], reads: [] as Word[], changesFolder: false };
  const uncertain =
    typeof command === "string"
      ? addLine(use, command, 0)
      : addCommand(use, { words: command.map((word) => [word]), assignments: [], writes: [], reads: [] }, 0);
  return uncertain === undefined ? use : { uncertain };
}

type Growing = { parts: ShellPart[]; writes: Word[]; reads: Word[]; changesFolder: boolean };

/** Adds what the line does; answers why that is not certain. */
function addLine(use: Growing, line: string, depth: number): string | undefined {
  if (depth > DEEPEST_SCRIPT) return "scripts within scripts";
  const read = readShellLine(line);
  if (read.uncertain !== undefined) return read.uncertain;
  for (const command of read.commands) {
    const uncertain = addCommand(use, command, depth);
    if (uncertain !== undefined) return uncertain;
  }
  return undefined;
}

function addCommand(use: Growing, command: SimpleCommand, depth: number): string | undefined {
  use.writes.push(...command.writes);
  use.reads.push(...command.reads);
  const { words, assignments } = command;
  if (words.length === 0 && assignments.length === 0) return undefined;
  const whole = textOf([...assignments, ...words]);
  const within = meaningOf(use, words, depth);
  if (typeof within === "string") return within;
  const [names, hidden] =
    assignments.length > 0 ? [[whole], [...within.names, ...within.hidden]] : [within.names, within.hidden];
  use.parts.push({ shown: shownOf([...assignments, ...words]), names, hidden });
  return undefined;
}

interface Meaning {
  names: Text[];
  hidden: Text[];
}

/** What the words come to; scripts and commands that run besides are added to the use. A string says why it is uncertain. */
function meaningOf(use: Growing, words: readonly Word[], depth: number): Meaning | string {
  if (depth > DEEPEST_SCRIPT) return "commands within commands";
  if (words.length === 0) return { names: [], hidden: [] };
  const own = textOf(words);
  const program = programOf(words[0] ?? []);
  if (program === undefined) return "the name of a program is made up";
  if (/^(?:cd|pushd|popd|chdir)$/.test(program)) use.changesFolder = true;
  const base = program.includes("/") ? [textOf([[program.split("/").at(-1) ?? ""], ...words.slice(1)])] : [];
  const wrapped = unwrap(words);
  switch (wrapped.kind) {
    case "plain":
      return { names: [own], hidden: base };
    case "uncertain":
      return "what it runs is made up";
    case "opaque":
      return { names: [own], hidden: [...base, ANYTHING] };
    case "script": {
      if (wrapped.script === undefined) return "a script that is made up";
      const uncertain = addLine(use, wrapped.script, depth + 1);
      if (uncertain !== undefined) return uncertain;
      return wrapped.besides ? { names: [own], hidden: base } : { names: [], hidden: [own, ...base] };
    }
    case "commands": {
      for (const inner of wrapped.commands) {
        const uncertain = addCommand(use, { words: inner, assignments: [], writes: [], reads: [] }, depth + 1);
        if (uncertain !== undefined) return uncertain;
      }
      return { names: [own], hidden: base };
    }
    case "command": {
      const inner = meaningOf(use, wrapped.words, depth + 1);
      if (typeof inner === "string") return inner;
      if (wrapped.adds) return { names: [own], hidden: [...base, ...inner.names, ...inner.hidden] };
      // A script within has its parts judged one by one.
      if (inner.names.length === 0) return { names: [], hidden: [own, ...base, ...inner.hidden] };
      return { names: [own, ...inner.names], hidden: [...base, ...inner.hidden] };
    }
  }
}

/** Of a program in somebody's home only that is not known. */
function programOf(word: Word): string | undefined {
  const [first, ...others] = word;
  const pieces = typeof first === "object" && first.source === "~" ? ["~", ...others] : word;
  return pieces.every((piece) => typeof piece === "string") ? pieces.join("") : undefined;
}

const textOf = (words: readonly Word[]): Text => words.flatMap((word, n): Text => (n === 0 ? word : [GAP, ...word]));

function shownOf(words: readonly Word[]): string {
  return words
    .map((word) => word.map((piece) => (typeof piece === "string" ? piece : (piece.source ?? "…"))).join(""))
    .join(" ");
}
