import type { Waiting } from "./agent-state.ts";

/**
 * When the usage limit ends at which an agent stands. What the first reading said counts until the agent works again: the
 * screen goes on saying "try again at 3 PM", also at four, when that means tomorrow.
 */
export class LimitEnd {
  readonly #tryAgainMs: number;
  #known: { text: string; at: number; isTold: boolean } | undefined;

  /** Where nobody says when a limit ends, it is tried again after `tryAgainMs`. */
  constructor(tryAgainMs: number) {
    this.#tryAgainMs = tryAgainMs;
  }

  /** It works: the next limit is another one. */
  forget(): void {
    this.#known = undefined;
  }

  /** How long the limit still lasts, not above 0 when it is over, and what is to be told of it. */
  read(waiting: Waiting): { leftMs: number; waiting: Waiting } {
    if (this.#known?.text !== waiting.text) {
      const told = waiting.resets_at === undefined ? Number.NaN : Date.parse(waiting.resets_at);
      const isTold = !Number.isNaN(told);
      this.#known = { text: waiting.text, at: isTold ? told : Date.now() + this.#tryAgainMs, isTold };
    }
    const { at, isTold } = this.#known;
    // What can be chosen there is not for people.
    const { resets_at: _, options: __, goesOn: ___, ...rest } = waiting;
    return {
      leftMs: at - Date.now(),
      waiting: isTold ? { ...rest, resets_at: new Date(at).toISOString() } : rest,
    };
  }
}
