import { Problem } from "@orchestratia/protocol/problems";
import { countedAddress } from "../access/counted-address.ts";
import { FailureCount } from "./failure-count.ts";

export interface Attempt {
  address: string;
  email: string;
  /** True when the account was signed in to from this address before. */
  isKnown: boolean;
}

const SECOND = 1_000;
const MINUTE = 60_000;

/**
 * Slows down whoever guesses a password. Counted closely per address and e-mail together, so that a stranger locks
 * nobody out; and gently for an e-mail over all addresses and for an address over all e-mails, which hold back whoever
 * guesses from many places or many accounts, and nobody at a place from which they have signed in before.
 */
export class SignInAttempts {
  readonly #byBoth = new FailureCount({ free: 5, firstPauseMs: 10 * SECOND, longestPauseMs: 10 * MINUTE });
  readonly #byEmail = new FailureCount({ free: 50, firstPauseMs: SECOND, longestPauseMs: MINUTE });
  readonly #byAddress = new FailureCount({ free: 50, firstPauseMs: SECOND, longestPauseMs: MINUTE });
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Counts the attempt as failed until it is said to have succeeded, so that attempts side by side count as well. Throws
   * too_many_requests during a pause, and counts nothing then.
   */
  begin({ address: from, email, isKnown }: Attempt): void {
    const now = this.#now();
    const address = countedAddress(from);
    const waits = [this.#byBoth.waitMs(both(address, email), now)];
    if (!isKnown) waits.push(this.#byEmail.waitMs(email, now), this.#byAddress.waitMs(address, now));
    const seconds = Math.ceil(Math.max(...waits) / SECOND);
    if (seconds > 0) {
      throw new Problem("too_many_requests", `Too many failed sign-ins; try again in ${seconds} s.`, {
        retry_after: seconds,
      });
    }
    this.#byBoth.add(both(address, email), now);
    this.#byEmail.add(email, now);
    this.#byAddress.add(address, now);
  }

  succeeded({ address: from, email }: Attempt): void {
    const address = countedAddress(from);
    this.#byBoth.forget(both(address, email));
    // What others guess at the same time goes on counting.
    this.#byEmail.takeBack(email);
    this.#byAddress.takeBack(address);
  }

  /** The password was not looked at: this was no failure either. */
  notTried({ address: from, email }: Attempt): void {
    const address = countedAddress(from);
    this.#byBoth.takeBack(both(address, email));
    this.#byEmail.takeBack(email);
    this.#byAddress.takeBack(address);
  }
}

const both = (address: string, email: string): string => `${address} ${email}`;
