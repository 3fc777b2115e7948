import { Problem } from "@orchestratia/protocol/problems";

const FREE_FAILURES = 5;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** After so long without another failure nothing is remembered. */
const FORGOTTEN_MS = 30 * 60_000;
const MAX_KEPT = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Slows down whoever guesses a password: after five failures each further one costs a pause, twice as long as the one
 * before. Counted per address and e-mail together, so that a stranger cannot lock anybody out.
 */
export class SignInAttempts {
  readonly #failures = new Map<string, Failures>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Throws too_many_requests during a pause. */
  require(address: string, email: string): void {
    const failures = this.#failures.get(keyOf(address, email));
    if (!failures) return;
    const waitMs = failures.lastAt + pauseAfter(failures.count) - this.#now();
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw new Problem("too_many_requests", `Too many failed sign-ins; try again in ${seconds} s.`, {
      retry_after: seconds,
    });
  }

  /** Counted before the password is checked, so that attempts side by side count as well. */
  begin(address: string, email: string): void {
    const key = keyOf(address, email);
    const now = this.#now();
    const before = this.#failures.get(key);
    const count = before && now - before.lastAt < FORGOTTEN_MS ? before.count + 1 : 1;
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastAt: now });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_KEPT) break;
      this.#failures.delete(oldest);
    }
  }

  succeeded(address: string, email: string): void {
    this.#failures.delete(keyOf(address, email));
  }
}

const keyOf = (address: string, email: string): string => `${address} ${email}`;

const pauseAfter = (count: number): number =>
  count < FREE_FAILURES ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - FREE_FAILURES), LONGEST_PAUSE_MS);
