import { ShellCursor, Uncertain } from "./shell-command-cursor.ts";
import { readDollar, readWord, type Word } from "./shell-command-word.ts";

/** One program that a line runs, with what it is given. */
export interface SimpleCommand {
  /** The program and its arguments; none when the line only sets variables or opens files. */
  readonly words: readonly Word[];
  /** `NAME=value` in front of it. */
  readonly assignments: readonly Word[];
  /** Files that it is made to write, by redirection. */
  readonly writes: readonly Word[];
  /** Files that it is made to read, by redirection. */
  readonly reads: readonly Word[];
}

/** `uncertain` says why nobody can be sure which programs the line runs. */
export type ShellLine =
  | { readonly commands: readonly SimpleCommand[]; readonly uncertain?: never }
  | { readonly uncertain: string; readonly commands?: never };

/** A longer one is for a person to read. */
const LONGEST = 32 * 1024;
/** Invisible characters, and spaces that look like those between words. */
const DECEPTIVE = /[^\P{C}\n\t]|[\u2028\u2029]/u;
const ODD_SPACE = /[^\P{Z} ]/u;
/** The one invisible character that is at home in a commit message. */
const JOINED_PICTURES = /(?<=\p{Extended_Pictographic}[\ufe0f\p{EMod}]?)\u200d(?=\p{Extended_Pictographic})/gu;

/** Nothing is known of what these begin, or shells differ about it. */
const NOT_READ = new Set(["case", "select", "function", "coproc", "repeat", "foreach", "[[", "esac", "end", "always"]);
const BEFORE_COMMAND = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{"]);
const AFTER_COMMAND = new Set(["fi", "done", "}"]);
const RESERVED = new Set([...NOT_READ, ...BEFORE_COMMAND, ...AFTER_COMMAND, "for"]);
/** Loop variables that no shell gives a meaning. */
const LOOP_VARIABLE = /^(?!.*path$)(?!argv$|status$|prompt$|fignore$|watch$|mailpath$)[a-z][a-z0-9]{0,15}$/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;
const NO_FILES = new Set(["/dev/null", "/dev/stdout", "/dev/stderr"]);

/**
 * Takes a command line of a POSIX shell, bash or zsh apart into the programs that it runs, however deep in pipes, lists,
 * subshells, loops and substitutions. It is strict: what these shells might read differently, and what it does not know, is
 * uncertain.
 */
export function readShellLine(line: string): ShellLine {
  if (line.length > LONGEST) return { uncertain: "it is too long" };
  const visible = line.replace(JOINED_PICTURES, "");
  if (DECEPTIVE.test(visible)) return { uncertain: "it has characters that cannot be seen" };
  if (ODD_SPACE.test(visible)) return { uncertain: "it has spaces that are none to a shell" };
  const reader = new LineReader();
  try {
    reader.list(new ShellCursor(line), undefined);
  } catch (error) {
    if (error instanceof Uncertain) return { uncertain: error.message };
    throw error;
  }
  return { commands: reader.commands };
}

/** A here-document whose text begins on the next line. */
interface HereDocument {
  delimiter: string;
  isQuoted: boolean;
  stripsTabs: boolean;
}

class LineReader {
  readonly commands: SimpleCommand[] = [];

  /** Reads commands up to the closing, or to the end when there is none. */
  list(cursor: ShellCursor, closing: ")" | undefined): void {
    cursor.enter();
    const awaited: HereDocument[] = [];
    for (;;) {
      skipBlanks(cursor);
      if (cursor.isAtEnd) {
        if (closing || awaited.length > 0) throw new Uncertain("it ends in the middle");
        break;
      }
      if (cursor.skip("\n")) {
        for (const document of awaited.splice(0)) this.#hereDocument(cursor, document);
      } else if (cursor.skip(")")) {
        if (!closing || awaited.length > 0) throw new Uncertain("a ) too many");
        break;
      } else if (!cursor.take(/&&|\|\||\|&|\||;(?!;)|&(?!>)/y)) {
        const from = cursor.at;
        this.#command(cursor, awaited);
        if (cursor.at === from) throw new Uncertain(`${cursor.next} where none is expected`);
      }
    }
    cursor.leave();
  }

  readonly #substitution = (cursor: ShellCursor, closing: ")" | undefined): void => this.list(cursor, closing);

  #command(cursor: ShellCursor, awaited: HereDocument[]): void {
    const command = { words: [] as Word[], assignments: [] as Word[], writes: [] as Word[], reads: [] as Word[] };
    let isClosed = false;
    // Reserved words are words like others behind an assignment or a redirection.
    let isReserving = true;
    while (!endsCommand(cursor)) {
      const isBashOnly = cursor.startsWith("&>");
      if (this.#redirection(cursor, command, awaited)) {
        isReserving = false;
        // To other shells that ends the command, and what follows is another one.
        if (isBashOnly && !endsCommand(cursor)) throw new Uncertain("&> in the midst of a command");
        continue;
      }
      if (cursor.next === "(") {
        if (isClosed || !isReserving || cursor.startsWith("((")) {
          throw new Uncertain("a ( where none is expected");
        }
        this.#nested(cursor, awaited);
        isClosed = true;
        continue;
      }
      const from = cursor.at;
      const word = readWord(cursor, this.#substitution);
      if (cursor.at === from) throw new Uncertain(`${cursor.next} where none is expected`);
      const raw = cursor.source.slice(from, cursor.at);
      if (raw.includes("\n") && awaited.length > 0) throw new Uncertain("a here-document begins within a word");
      if (command.words.length > 0) {
        if (raw === "{" || raw === "}") throw new Uncertain(`${raw} as an argument`);
        if (isTimed(command.words) && RESERVED.has(raw)) throw new Uncertain(`${raw} is timed`);
        command.words.push(word);
      } else if (isReserving && AFTER_COMMAND.has(raw)) {
        isClosed = true;
      } else if (isClosed) {
        throw new Uncertain(`${raw.slice(0, 40)} where the command has ended`);
      } else if (NOT_READ.has(raw)) {
        throw new Uncertain(`${raw} is not taken apart`);
      } else if (isReserving && raw === "for") {
        this.#for(cursor, awaited);
      } else if (isReserving && BEFORE_COMMAND.has(raw)) {
      } else {
        isReserving = false;
        if (ASSIGNMENT.test(raw)) command.assignments.push(word);
        else command.words.push(programName(word, raw));
      }
    }
    if (Object.values(command).some((words) => words.length > 0)) this.commands.push(command);
  }

  /** A subshell. What it awaits must stand in it. */
  #nested(cursor: ShellCursor, awaited: readonly HereDocument[]): void {
    if (awaited.length > 0) throw new Uncertain("a here-document begins before a subshell");
    cursor.at += 1;
    this.list(cursor, ")");
  }

  /** `for NAME in WORDS`, up to what ends it. */
  #for(cursor: ShellCursor, awaited: readonly HereDocument[]): void {
    if (awaited.length > 0) throw new Uncertain("a here-document begins before a loop");
    const name = cursor.take(/[ \t]+([A-Za-z_][A-Za-z0-9_]*)(?=[ \t\n;])/y)?.[1];
    if (!name || !LOOP_VARIABLE.test(name)) throw new Uncertain("the variable of a loop");
    if (!cursor.take(/[ \t\n]+in(?=[ \t\n;])/y)) return;
    for (;;) {
      skipBlanks(cursor);
      if (cursor.isAtEnd || cursor.next === "\n" || cursor.next === ";") return;
      const from = cursor.at;
      readWord(cursor, this.#substitution);
      if (cursor.at === from) throw new Uncertain(`${cursor.next} where none is expected`);
    }
  }

  #redirection(cursor: ShellCursor, command: { writes: Word[]; reads: Word[] }, awaited: HereDocument[]): boolean {
    if (/^[<>]\(/.test(cursor.source.slice(cursor.at, cursor.at + 2))) return false;
    const operator = cursor.take(/(?:&>>?|[0-9]*(?:<<<|<<-?|<>|<&|>&|>>|>\||<|>))/y)?.[0].replace(/^[0-9]+/, "");
    if (operator === undefined) return false;
    if (operator === "<<" || operator === "<<-") {
      awaited.push(readDelimiter(cursor, operator === "<<-"));
      return true;
    }
    skipBlanks(cursor);
    const from = cursor.at;
    const target = readWord(cursor, this.#substitution);
    const raw = cursor.source.slice(from, cursor.at);
    if (raw === "") throw new Uncertain("a redirection to nothing");
    if (awaited.length > 0 && raw.includes("\n")) throw new Uncertain("a here-document begins within a word");
    if (operator.endsWith("&") && /^(?:[0-9]+-?|-)$/.test(raw)) return true;
    if (operator === "<<<" || (target.length === 1 && NO_FILES.has(raw))) return true;
    if (operator === "<") command.reads.push(target);
    else if (operator === "<&") throw new Uncertain("a file that is not named is read");
    else command.writes.push(target);
    return true;
  }

  #hereDocument(cursor: ShellCursor, { delimiter, isQuoted, stripsTabs }: HereDocument): void {
    const from = cursor.at;
    for (;;) {
      const line = cursor.take(/[^\n]*/y)?.[0] ?? "";
      const text = stripsTabs ? line.replace(/^\t+/, "") : line;
      if (text === delimiter) break;
      // Some shells end it there.
      if (text.startsWith(delimiter) && cursor.depth > 1) throw new Uncertain("the end of a here-document");
      if (!isQuoted && line.endsWith("\\")) throw new Uncertain("a line of a here-document goes on");
      if (!cursor.skip("\n")) throw new Uncertain("a here-document is not closed");
    }
    if (!isQuoted) this.#expansions(new ShellCursor(cursor.source.slice(from, cursor.at), cursor.depth));
  }

  /** What the shell runs to fill in the text of a here-document. */
  #expansions(text: ShellCursor): void {
    const ignored = { literal: () => {}, unknown: () => {} };
    while (!text.isAtEnd) {
      if (text.take(/(?:[^\\$`]|\\[^\n])+/y)) continue;
      if (text.next !== "$") throw new Uncertain("backticks in a here-document");
      readDollar(text, ignored, { isQuoted: true, substitution: this.#substitution });
    }
  }
}

function readDelimiter(cursor: ShellCursor, stripsTabs: boolean): HereDocument {
  skipBlanks(cursor);
  const found = cursor.take(/(['"]|\\|)([A-Za-z0-9_]+)(['"]|)(?=[ \t\n;|&<>)]|$)/y);
  const [, opening = "", delimiter = "", closing = ""] = found ?? [];
  if (!found || closing !== opening.replace("\\", "")) throw new Uncertain("the name of a here-document");
  return { delimiter, isQuoted: opening !== "", stripsTabs };
}

/** `time`, which may stand before what has no name. */
const isTimed = (words: readonly Word[]): boolean => {
  const texts = words.map(([text]) => text);
  return texts[0] === "time" && texts.slice(1).every((text) => text === "-p" || text === "--");
};

/** The name of a program that is not known may be that of a shell. */
function programName(word: Word, raw: string): Word {
  if (raw === "[") return ["["];
  const [first, ...others] = word;
  const isKnown = others.every((piece) => typeof piece === "string");
  const isHome = typeof first === "object" && first.source === "~";
  if (!isKnown || (typeof first === "object" && !isHome)) throw new Uncertain("the name of a program is made up");
  return word;
}

function endsCommand(cursor: ShellCursor): boolean {
  skipBlanks(cursor);
  return cursor.isAtEnd || /[\n;|)]/.test(cursor.next) || (cursor.next === "&" && !cursor.startsWith("&>"));
}

/** Passes over spaces, lines that go on, and a comment. */
function skipBlanks(cursor: ShellCursor): void {
  while (cursor.take(/(?:[ \t]|\\\n)+/y));
  if (cursor.next !== "#") return;
  // Whether it hides the closing depends on the shell.
  if (cursor.depth > 1) throw new Uncertain("a comment in a substitution");
  cursor.take(/[^\n]*/y);
}
