import type { AgentStatus } from "../agents/agent.ts";
import type { Clock } from "../clock.ts";
import { Draft } from "./draft.ts";
import { Silence, type SilenceOptions, silenceMs } from "./silence.ts";
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
/** How long a line may take to be cleared. */
const clearMs = 1000;
const largestQueue = 100;
const escapeKey = "\x1b";
const enterKey = "\r";
/** Every line editor that we know takes it: the line up to the cursor goes. */
const clearKey = "\x15";
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
  /** Waits until the terminal has printed nothing for a while. */
  afterSilence?: boolean;
  /** It was typed by a daemon that was killed: it is only entered, where it stands, never typed. */
  isRest?: boolean;
  /** Called before it is typed. */
  onType?(): void;
  /** Called before Enter is pressed: from here on it must not be typed again. */
  onEnter?(): void;
  /** Called instead of `onDone` when what was left of it does not stand at the prompt any more. */
  onRestGone?(): void;
  /** Called once: the text was taken, or why not. */
  onDone?(failure: string | undefined): void;
}

export interface TypistOptions {
  input(bytes: Uint8Array): void;
  status(): AgentStatus;
  /** The cursor's line up to the cursor. */
  cursorLine(): string;
  clock: Clock;
  /** What the terminal prints; where nobody says that, it counts as silent. */
  output?: Pick<SilenceOptions, "end" | "printedAgoMs"> | undefined;
  /** Brackets the line as a paste, which a program then takes as one piece of text, not as keys. */
  isPasted?: boolean | undefined;
  /** Stops what the agent is doing. Default: Esc. */
  interrupt?(): void;
}

/**
 * Types lines into a terminal, one by one: urgent ones while the agent works (Esc, two seconds, the line), the others
 * only while it is at its prompt and nobody types, somebody's words only when the terminal is silent.
 *
 *   queued → typed → shown (or a second later) → Enter → taken → done
 *                                                  └ after 5 s Enter once more, after 5 s again: cleared, failed
 *
 * When the agent begins to wait for a person in between, no key is pressed and the line goes back to the queue's head.
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
  readonly #silence: Silence | undefined;
  readonly #draft = new Draft();
  #personTypedAt = Number.NEGATIVE_INFINITY;
  #cancelPerson: (() => void) | undefined;

  constructor(options: TypistOptions) {
    this.#options = options;
    const { output, clock } = options;
    this.#silence = output && new Silence({ ...output, clock, onReached: () => this.proceed() });
  }

  /** People typed this: what they have begun is not to be mixed with anything. */
  personTyped(bytes: Uint8Array): void {
    const { clock } = this.#options;
    this.#draft.typed(bytes);
    this.#personTypedAt = clock.now();
    this.#cancelPerson?.();
    this.#cancelPerson = clock.after(silenceMs, () => {
      // A timer may come a little early by the clock that is read, and nothing else would look again.
      this.#personTypedAt = Number.NEGATIVE_INFINITY;
      this.proceed();
    });
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

  /** Why it does not type now what waits for that, as people are told. */
  waitsFor(): string {
    if (this.#options.status() !== "idle") return "the agent is not at its prompt";
    if (this.#current) return "another line is being typed";
    return this.#isPersonTyping() ? "somebody is typing" : "the terminal is not silent";
  }

  /** To be called when the agent's status or the cursor's line changed. */
  proceed(): void {
    if (this.#isReached?.()) this.#onReached();
    if (this.#options.status() !== "idle") this.#silence?.stop();
    if (this.#current) return;
    const next = this.#queue.find((typed) => this.#mayType(typed));
    if (!next) return;
    this.#queue.splice(this.#queue.indexOf(next), 1);
    this.#current = next;
    this.#isCurrentDone = false;
    if (next.isRest) this.#enterRest(next);
    else if (next.urgent) {
      if (this.#options.interrupt) this.#options.interrupt();
      else this.#press(escapeKey);
      this.#later(interruptMs, () => this.#type(next));
    } else {
      this.#type(next);
    }
  }

  /** While it waits for a person, a line would be taken as that person's answer. */
  #takesNoLine(): boolean {
    const status = this.#options.status();
    return status === "waiting" || status === "exited";
  }

  #mayType({ text, urgent, isRest, afterSilence }: Typed): boolean {
    const status = this.#options.status();
    if (this.#takesNoLine()) return false;
    if (urgent && !isRest) return true;
    // With its text behind it a prompt may not look like one.
    const isStanding = isRest && isTypedIn(typedLine(text), this.#options.cursorLine());
    if ((status !== "idle" && !isStanding) || this.#isPersonTyping()) return false;
    return !afterSilence || (this.#silence?.isNow() ?? true);
  }

  #isPersonTyping(): boolean {
    const { clock, cursorLine } = this.#options;
    return clock.now() - this.#personTypedAt < silenceMs || this.#draft.stands(cursorLine());
  }

  #type(typed: Typed): void {
    if (this.#takesNoLine()) {
      this.#putBack(typed);
      return;
    }
    const line = typedLine(typed.text);
    const isShown = () => isTypedIn(line, this.#options.cursorLine());
    typed.onType?.();
    // Only what is urgent finds something here that is not its own; it must not be entered with it.
    if (this.#isForeignTextStanding()) this.#press(clearKey);
    this.#draft.forget();
    if (!standsAlready(line, this.#options.cursorLine()))
      this.#press(this.#options.isPasted ? `${pasteBegins}${line}${pasteEnds}` : line);
    this.#later(this.#options.isPasted ? enterAfterPasteMs : enterAfterMs, () => {
      if (this.#options.status() === "unknown") this.#enter(typed, isShown, 2);
      else this.#when(isShown, echoMs, () => this.#enter(typed, isShown, 1));
    });
  }

  #isForeignTextStanding(): boolean {
    const cursorLine = this.#options.cursorLine();
    const rests = this.#queue.filter(({ isRest }) => isRest);
    return this.#draft.stands(cursorLine) || rests.some(({ text }) => isTypedIn(typedLine(text), cursorLine));
  }

  #enterRest(typed: Typed): void {
    const isShown = () => isTypedIn(typedLine(typed.text), this.#options.cursorLine());
    if (isShown()) this.#enter(typed, isShown, 1);
    else {
      this.#current = undefined;
      typed.onRestGone?.();
      this.proceed();
    }
  }

  #putBack(typed: Typed): void {
    this.#current = undefined;
    this.#queue.unshift(typed);
  }

  /** Its text stands. When that is gone later, somebody took it away, or the first Enter was taken after all. */
  #putRestBack(typed: Typed, isEntered: boolean): void {
    const onRestGone = () => (isEntered ? typed.onDone?.(undefined) : void this.#queue.unshift(typed));
    this.#putBack({ ...typed, isRest: true, afterSilence: false, onRestGone });
  }

  #enter(typed: Typed, isShown: () => boolean, attempt: 1 | 2): void {
    if (this.#takesNoLine()) {
      this.#putRestBack(typed, attempt === 2);
      return;
    }
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
        else this.#clear(isShown, () => this.#done(typed, "the agent did not take what was typed"));
      });
  }

  /** What was not taken must not stand before the next line. */
  #clear(isShown: () => boolean, goOn: () => void): void {
    if (this.#takesNoLine() || (this.#options.status() !== "idle" && !isShown())) goOn();
    else {
      this.#press(clearKey);
      this.#when(() => !isShown(), clearMs, goOn);
    }
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
    this.#cancelPerson?.();
    this.#silence?.stop();
    this.#isReached = undefined;
    this.#queue.length = 0;
  }
}
