import type { Clock } from "../clock.ts";
import type { Terminal } from "../terminals/terminal.ts";

/** A busy agent's screen is looked at this often. */
const busyMs = 300;
/** One that is at its prompt: what begins there is told by hooks, or by the cursor's line. */
const quietMs = 2000;

/** Looks at a terminal's screen again and again, at once when the cursor's line changes, until disposed of. */
export class ScreenWatch {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #isQuiet: () => boolean;
  readonly #onScreen: (lines: string[]) => void;
  readonly #stopListening: () => void;
  #cancel: (() => void) | undefined;
  #isLooking = false;
  #isOver = false;

  constructor(
    terminal: Terminal,
    { clock, isQuiet, onScreen }: { clock: Clock; isQuiet: () => boolean; onScreen: (lines: string[]) => void },
  ) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#isQuiet = isQuiet;
    this.#onScreen = onScreen;
    this.#stopListening = terminal.listen({ onFacts: () => void this.#look(), onExit: () => this[Symbol.dispose]() });
    void this.#look();
  }

  /** Looks now: something happened. */
  look(): void {
    void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#isOver || this.#isLooking) return;
    this.#isLooking = true;
    this.#cancel?.();
    const lines = await this.#terminal.lines("screen");
    this.#isLooking = false;
    if (this.#isOver) return;
    this.#onScreen(lines);
    this.#cancel = this.#clock.after(this.#isQuiet() ? quietMs : busyMs, () => void this.#look());
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#stopListening();
  }
}
