import { isTypedIn } from "./typed-in.ts";

/** More of it is not needed to know it again. */
const longest = 400;
const escapeKey = "\x1b";
const pasteBegins = `${escapeKey}[200~`;
const pasteEnds = `${escapeKey}[201~`;
const backspaces = ["\x7f", "\b"];
/** Enter, Ctrl-C, Ctrl-D, Ctrl-U: none of these leaves anything on the line. */
const clearing = ["\r", "\n", "\x03", "\x04", "\x15"];
// A paste's ends, another key that sends more than one byte, one character.
const keys = new RegExp(`${escapeKey}\\[[0-?]*[ -/]*[@-~]|${escapeKey}O.|${escapeKey}.?|[\\s\\S]`, "gu");

/** What people have begun to type and not entered: whatever is typed behind it would become part of it. */
export class Draft {
  #text = "";
  #isPaste = false;

  typed(bytes: Uint8Array): void {
    for (const [key] of Buffer.from(bytes).toString("utf8").matchAll(keys)) {
      if (key === pasteBegins) this.#isPaste = true;
      else if (key === pasteEnds) this.#isPaste = false;
      else if (clearing.includes(key) && !this.#isPaste) this.#text = "";
      else if (backspaces.includes(key)) this.#text = this.#text.slice(0, -1);
      else if (!key.startsWith(escapeKey)) this.#text = `${this.#text}${key}`.slice(-longest);
    }
  }

  forget(): void {
    this.#text = "";
  }

  /** Whether it stands before the cursor still: what the program took as single keys is no draft. */
  stands(cursorLine: string): boolean {
    return isTypedIn(this.#text, cursorLine);
  }
}
