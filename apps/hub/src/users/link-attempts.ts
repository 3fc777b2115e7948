import { Problem, type ProblemCode } from "@orchestratia/protocol/problems";
import { countedAddress } from "../access/counted-address.ts";
import { FailureCount } from "./failure-count.ts";

const WRONG: readonly ProblemCode[] = ["token_invalid", "invitation_not_found"];

/** Slows down an address that tries links which open nothing. */
export class LinkAttempts {
  readonly #failures = new FailureCount({ free: 20, firstPauseMs: 1_000, longestPauseMs: 60_000 });

  /** Throws too_many_requests instead of doing the work during a pause. */
  async limit<T>(from: string, work: () => Promise<T>): Promise<T> {
    const address = countedAddress(from);
    const seconds = Math.ceil(this.#failures.waitMs(address, Date.now()) / 1_000);
    if (seconds > 0) {
      throw new Problem("too_many_requests", `Too many links that open nothing; try again in ${seconds} s.`, {
        retry_after: seconds,
      });
    }
    try {
      return await work();
    } catch (error) {
      if (error instanceof Problem && WRONG.includes(error.code)) this.#failures.add(address, Date.now());
      throw error;
    }
  }
}
