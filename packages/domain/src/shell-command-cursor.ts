/** The line is one that not every shell must read as we do. Never leaves `readShellLine`. */
export class Uncertain extends Error {}

/** No line of a shell that a person could judge nests deeper. */
const DEEPEST = 20;

/** A place in a command line, and how deep in substitutions it is. */
export class ShellCursor {
  readonly source: string;
  at = 0;
  #depth: number;

  constructor(source: string, depth = 0) {
    this.source = source;
    this.#depth = depth;
  }

  get depth(): number {
    return this.#depth;
  }

  /** Throws Uncertain when it gets too deep; `leave` undoes it. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Uncertain("it nests too deeply");
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Empty at the end. */
  get next(): string {
    return this.source.charAt(this.at);
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  /** What a sticky expression finds here; it is passed over when it is found. */
  take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source);
    if (!found) return undefined;
    this.at += found[0].length;
    return found;
  }

  startsWith(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** Passes over the text when it stands here. */
  skip(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }
}
