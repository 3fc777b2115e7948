import type { AgentStatus } from "../agents/agent.ts";
import type { Clock } from "../clock.ts";
import { isTypedIn, standsAlready } from "./typed-in.ts";

/** A terminal in line mode takes 4095 bytes before Enter and drops the rest. */
const largestLineBytes = 4000;
/** Programs that treat a burst as a paste must see Enter on its own. */
const enterAfterMs = 60;
/** One of them takes Enter soon after a paste for one more line of it, and a busy machine reads both at once. */
const enterAfterPasteMs = 300;
/** A program may take this long to show what was typed; then Enter comes all the same. */
const echoMs = 1000;
/** How long Enter may take to show, each of the two times that it is pressed. */
const takenMs = 5000;
/** What was typed shows in the agent's status within this time; until then the next line waits. */
const reactionMs = 1000;
const interruptMs = 2000;
const largestQueue = 100;
const escapeKey = "\x1b";
const enterKey = "\r";
const pasteBegins = "\x1b[200~";
const pasteEnds = "\x1b[201~";

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
  /** Called before Enter is pressed: from here on it must not be typed again. */
  onEnter?(): void;
  /** Called once: the text was taken, or why not. */
  onDone?(failure: string | undefined): void;
}

export interface TypistOptions {
  input(bytes: Uint8Array): void;
  status(): AgentStatus;
  /** The cursor's line up to the cursor. */
  cursorLine(): string;
  clock: Clock;
  /** Brackets the line as a paste, which a program then takes as one piece of text, not as keys. */
  isPasted?: boolean | undefined;
  /** Stops what the agent is doing. Default: Esc. */
  interrupt?(): void;
}

/**
 * Types lines into a terminal, one by one: urgent ones while the agent works (Esc, two seconds, the line), the others
 * only while it is at its prompt.
 *
 *   queued → typed → shown (or a second later) → Enter → taken → done
 *                                                  └ after 5 s Enter once more, after 5 s again: failed
 *
 * Taken: the cursor's line holds the text no more, or the agent left its prompt. Of an agent that nobody can see into
 * Enter is enough. Text that stands at the prompt already, from a daemon that was killed before Enter, is not typed again.
 */
export class Typist {
  readonly #options: TypistOptions;
  readonly #queue: Typed[] = [];
  #current: Typed | undefined;
  #isCurrentDone = false;
  /** What the line that is being typed waits for; true when it came. */
  #isReached: (() => boolean) | undefined;
  #onReached: () => void = () => {};
  #cancel: (() => void) | undefined;

  constructor(options: TypistOptions) {
    this.#options = options;
  }

  /** False when so much waits already that this is refused. */
  add(typed: Typed): boolean {
    if (this.#queue.length >= largestQueue) return false;
    const firstOrdinary = this.#queue.findIndex(({ urgent }) => !urgent);
    if (typed.urgent && firstOrdinary >= 0) this.#queue.splice(firstOrdinary, 0, typed);
    else this.#queue.push(typed);
    this.proceed();
    return true;
  }

  isTyping(typed: Typed): boolean {
    return this.#current === typed;
  }

  /** To be called when the agent's status or the cursor's line changed. */
  proceed(): void {
    if (this.#isReached?.()) this.#onReached();
    const next = this.#queue[0];
    if (!next || this.#current || !this.#mayType(next)) return;
    this.#queue.shift();
    this.#current = next;
    this.#isCurrentDone = false;
    if (next.urgent) {
      if (this.#options.interrupt) this.#options.interrupt();
      else this.#press(escapeKey);
      this.#later(interruptMs, () => this.#type(next));
    } else {
      this.#type(next);
    }
  }

  #mayType({ urgent }: Typed): boolean {
    const status = this.#options.status();
    // While it waits for a person, a line would be taken as that person's answer.
    return urgent ? status !== "waiting" && status !== "exited" : status === "idle";
  }

  #type(typed: Typed): void {
    const line = typedLine(typed.text);
    const isShown = () => isTypedIn(line, this.#options.cursorLine());
    if (!standsAlready(line, this.#options.cursorLine()))
      this.#press(this.#options.isPasted ? `${pasteBegins}${line}${pasteEnds}` : line);
    this.#later(this.#options.isPasted ? enterAfterPasteMs : enterAfterMs, () => {
      if (this.#options.status() === "unknown") this.#enter(typed, isShown, 2);
      else this.#when(isShown, echoMs, () => this.#enter(typed, isShown, 1));
    });
  }

  #enter(typed: Typed, isShown: () => boolean, attempt: 1 | 2): void {
    const { status, isPasted } = this.#options;
    const before = status();
    const wasShown = isShown();
    typed.onEnter?.();
    this.#press(enterKey);
    const canTell = before !== "unknown" && (wasShown || before === "idle");
    // The cursor's line is empty also when Enter was taken for one more line: whoever pastes is seen to begin.
    const isLineEnough = wasShown && !(isPasted && before === "idle");
    const isTaken = () => (isLineEnough && !isShown()) || (before === "idle" && status() !== "idle");
    if (!canTell) this.#done(typed, undefined);
    else
      this.#when(isTaken, takenMs, (isReached) => {
        if (isReached) this.#done(typed, undefined);
        else if (attempt === 1) this.#enter(typed, isShown, 2);
        else this.#done(typed, "the agent did not take what was typed");
      });
  }

  #done(typed: Typed, failure: string | undefined): void {
    this.#isCurrentDone = true;
    typed.onDone?.(failure);
    this.#later(reactionMs, () => {
      this.#current = undefined;
      this.proceed();
    });
  }

  /** Goes on when `isReached`, at the latest after `limitMs`. */
  #when(isReached: () => boolean, limitMs: number, goOn: (isReached: boolean) => void): void {
    const settle = (reached: boolean) => {
      this.#cancel?.();
      this.#isReached = undefined;
      goOn(reached);
    };
    if (isReached()) {
      settle(true);
      return;
    }
    this.#isReached = isReached;
    this.#onReached = () => settle(true);
    this.#later(limitMs, () => settle(isReached()));
  }

  #press(keys: string): void {
    this.#options.input(Buffer.from(keys));
  }

  #later(ms: number, callback: () => void): void {
    this.#cancel = this.#options.clock.after(ms, callback);
  }

  /** Nothing can be typed here any more. */
  end(failure: string): void {
    const unfinished = [...(this.#isCurrentDone ? [] : [this.#current]), ...this.#queue];
    this[Symbol.dispose]();
    for (const typed of unfinished) typed?.onDone?.(failure);
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#isReached = undefined;
    this.#queue.length = 0;
  }
}
