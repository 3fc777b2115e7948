import { ShellCursor, Uncertain } from "./shell-command-cursor.ts";
import type { Unknown } from "./tool-rules-glob.ts";

/** A word as a program is given it: quotes are removed, and what only the running shell knows is named. */
export type Word = readonly (string | Unknown)[];

/** Reads the commands of a substitution. The cursor stands behind its opening, and is left behind its closing. */
export type ReadSubstitution = (cursor: ShellCursor, closing: ")" | undefined) => void;

/** What ends a word that is not quoted. */
const ENDS = /[ \t\n;|&<>()]/;
const PLAIN = /[^ \t\n;|&<>()\\'"$`*?[{}~=]+/y;
const VARIABLE = /\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/y;
/** Only forms in which nothing is evaluated but one variable. */
const BRACED = /\$\{#?(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+)(?:(?::?[-+]|##?|%%?)[\w./:,=@ *?-]*|:\d+(?::\d+)?)?\}/y;
/** Names would be evaluated in their turn, and what they hold can run commands. */
const ARITHMETIC = /\$\(\([\d\s+*/%-]*\)\)/y;

class WordBuilder {
  readonly #pieces: (string | Unknown)[] = [];

  literal(text: string): void {
    const last = this.#pieces.at(-1);
    if (typeof last === "string") this.#pieces[this.#pieces.length - 1] = last + text;
    else if (text !== "") this.#pieces.push(text);
  }

  unknown(source: string): void {
    this.#pieces.push({ source });
  }

  get word(): Word {
    return this.#pieces;
  }
}

/** Reads the word that stands at the cursor. */
export function readWord(cursor: ShellCursor, substitution: ReadSubstitution): Word {
  const start = cursor.at;
  const builder = new WordBuilder();
  let hasBraces = false;
  while (!cursor.isAtEnd) {
    const { next } = cursor;
    if (next === "(") throw new Uncertain("a ( stands in a word");
    if ((next === "<" || next === ">") && cursor.source[cursor.at + 1] === "(") {
      if (cursor.at > start) throw new Uncertain("a process substitution stands in a word");
      const from = cursor.at;
      cursor.at += 2;
      substitution(cursor, ")");
      builder.unknown(cursor.source.slice(from, cursor.at));
    } else if (ENDS.test(next)) {
      break;
    } else if (next === "{" && !isEmptyBraces(cursor)) {
      cursor.at += 1;
      hasBraces = true;
    } else {
      readPiece(cursor, builder, { start, substitution });
    }
  }
  // Which words braces become depends on the shell.
  return hasBraces ? [{ source: cursor.source.slice(start, cursor.at) }] : builder.word;
}

/** The `{}` of find and xargs. */
const isEmptyBraces = ({ source, at }: ShellCursor): boolean =>
  source.startsWith("{}", at) && (at + 2 === source.length || ENDS.test(source.charAt(at + 2)));

function readPiece(
  cursor: ShellCursor,
  builder: WordBuilder,
  { start, substitution }: { start: number; substitution: ReadSubstitution },
): void {
  const plain = cursor.take(PLAIN);
  if (plain) {
    builder.literal(plain[0]);
    return;
  }
  const { next } = cursor;
  switch (next) {
    case "\\":
      readEscape(cursor, builder);
      return;
    case "'":
      readSingleQuoted(cursor, builder);
      return;
    case '"':
      readDoubleQuoted(cursor, builder, substitution);
      return;
    case "$":
      readDollar(cursor, builder, { isQuoted: false, substitution });
      return;
    case "`":
      readBackticks(cursor, builder, substitution);
      return;
    case "~":
      builder.unknown(cursor.take(/~[\w.+-]*/y)?.[0] ?? "~");
      return;
    case "*":
    case "?":
    case "[":
      cursor.at += 1;
      builder.unknown(next);
      return;
    case "=":
      cursor.at += 1;
      // At the beginning of a word zsh looks for a program.
      if (cursor.at - 1 === start) builder.unknown(next);
      else builder.literal(next);
      return;
    default:
      cursor.at += 1;
      builder.literal(next);
      if (next === "{") {
        cursor.at += 1;
        builder.literal("}");
      }
  }
}

function readEscape(cursor: ShellCursor, builder: WordBuilder): void {
  const escaped = cursor.take(/\\([^\n])/uy);
  if (!escaped) throw new Uncertain("a line goes on within a word");
  builder.literal(escaped[1] ?? "");
}

function readSingleQuoted(cursor: ShellCursor, builder: WordBuilder): void {
  const quoted = cursor.take(/'([^']*)'/y);
  if (!quoted) throw new Uncertain("a quote is not closed");
  builder.literal(quoted[1] ?? "");
}

function readDoubleQuoted(cursor: ShellCursor, builder: WordBuilder, substitution: ReadSubstitution): void {
  cursor.at += 1;
  while (!cursor.skip('"')) {
    if (cursor.isAtEnd) throw new Uncertain("a quote is not closed");
    const plain = cursor.take(/[^"\\$`]+/y);
    if (plain) builder.literal(plain[0]);
    else if (cursor.next === "$") readDollar(cursor, builder, { isQuoted: true, substitution });
    else if (cursor.next === "`") readBackticks(cursor, builder, substitution);
    else readQuotedEscape(cursor, builder);
  }
}

function readQuotedEscape(cursor: ShellCursor, builder: WordBuilder): void {
  const escaped = cursor.take(/\\([$`"\\\n])/y);
  if (escaped) builder.literal(escaped[1] === "\n" ? "" : (escaped[1] ?? ""));
  else builder.literal(cursor.take(/\\/y)?.[0] ?? "");
}

/** What a `$` begins. */
export function readDollar(
  cursor: ShellCursor,
  builder: Pick<WordBuilder, "literal" | "unknown">,
  { isQuoted, substitution }: { isQuoted: boolean; substitution: ReadSubstitution },
): void {
  const from = cursor.at;
  const known = cursor.take(ARITHMETIC) ?? cursor.take(BRACED) ?? cursor.take(VARIABLE);
  if (known) {
    // zsh evaluates what stands in the brackets.
    if (cursor.next === "[") throw new Uncertain("a variable has an index");
    builder.unknown(known[0]);
    return;
  }
  if (cursor.startsWith("$((")) throw new Uncertain("arithmetic");
  if (cursor.skip("$(")) {
    substitution(cursor, ")");
    builder.unknown(cursor.source.slice(from, cursor.at));
    return;
  }
  if (!isQuoted && cursor.startsWith("$'")) {
    readAnsiQuoted(cursor, builder);
    return;
  }
  cursor.at += 1;
  if (/[{[~=^+:]/.test(cursor.next) || (!isQuoted && cursor.next === '"')) {
    throw new Uncertain(`$${cursor.next} means different things to different shells`);
  }
  builder.literal("$");
}

/** Not every shell knows it: what it stands for is not certain, where it ends is. */
function readAnsiQuoted(cursor: ShellCursor, builder: Pick<WordBuilder, "unknown">): void {
  const quoted = cursor.take(/\$'(?:[^'\\]|\\[^'])*'/y);
  if (!quoted) throw new Uncertain("an escape in $'…'");
  builder.unknown(quoted[0]);
}

function readBackticks(cursor: ShellCursor, builder: WordBuilder, substitution: ReadSubstitution): void {
  const found = cursor.take(/`([^`\\]*)`/y);
  if (!found) throw new Uncertain("backticks within backticks");
  substitution(new ShellCursor(found[1] ?? "", cursor.depth + 1), undefined);
  builder.unknown(found[0]);
}
