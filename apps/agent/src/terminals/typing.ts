import type { Clock } from "../clock.ts";

/** A terminal in line mode takes 4095 bytes before Enter and drops the rest. */
const largestLineBytes = 4000;
/** Programs that treat a burst as a paste must see Enter on its own. */
const enterAfterMs = 60;
/** What was typed shows in the agent's status within this time; until then the next line waits. */
const reactionMs = 1000;
const interruptMs = 2000;
const largestQueue = 100;
const escapeKey = "\x1b";
const enterKey = "\r";

/** `text` as one line that types nothing but itself: no control characters, at most 4000 bytes. */
export function typedLine(text: string): string {
  const line = text
    .replaceAll(/\p{Cc}+/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
  // Cutting bytes may leave half a character at the end, which decodes to a replacement character.
  return Buffer.from(line)
    .subarray(0, largestLineBytes)
    .toString("utf8")
    .replace(/\uFFFD+$/u, "");
}

export interface Typed {
  text: string;
  /** Interrupts what the agent is doing instead of waiting for its prompt. */
  urgent: boolean;
}

/**
 * Types lines into a terminal: urgent ones at once (Esc, two seconds, the line), the others one by one and only while
 * the agent is at its prompt.
 */
export class Typist {
  readonly #input: (bytes: Uint8Array) => void;
  readonly #isIdle: () => boolean;
  readonly #clock: Clock;
  readonly #queue: Typed[] = [];
  #isBusy = false;
  #cancel: (() => void) | undefined;

  constructor(input: (bytes: Uint8Array) => void, isIdle: () => boolean, clock: Clock) {
    this.#input = input;
    this.#isIdle = isIdle;
    this.#clock = clock;
  }

  /** False when so much waits already that this is refused. A line that is waiting already is not typed twice. */
  add(typed: Typed): boolean {
    if (this.#queue.some(({ text, urgent }) => text === typed.text && urgent === typed.urgent)) return true;
    if (this.#queue.length >= largestQueue) return false;
    const firstOrdinary = this.#queue.findIndex(({ urgent }) => !urgent);
    if (typed.urgent && firstOrdinary >= 0) this.#queue.splice(firstOrdinary, 0, typed);
    else this.#queue.push(typed);
    this.proceed();
    return true;
  }

  /** To be called when the agent's status changed. */
  proceed(): void {
    const next = this.#queue[0];
    if (!next || this.#isBusy || !(next.urgent || this.#isIdle())) return;
    this.#queue.shift();
    this.#isBusy = true;
    if (next.urgent) {
      this.#press(escapeKey);
      this.#later(interruptMs, () => this.#type(next.text));
    } else {
      this.#type(next.text);
    }
  }

  #type(text: string): void {
    this.#press(typedLine(text));
    this.#later(enterAfterMs, () => {
      this.#press(enterKey);
      this.#later(reactionMs, () => {
        this.#isBusy = false;
        this.proceed();
      });
    });
  }

  #press(keys: string): void {
    this.#input(Buffer.from(keys));
  }

  #later(ms: number, callback: () => void): void {
    this.#cancel = this.#clock.after(ms, callback);
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#isBusy = true;
    this.#queue.length = 0;
  }
}
