import { actorOf } from "../access/caller.ts";
import { callerKey } from "../access/caller-key.ts";
import { countedAddress } from "../access/counted-address.ts";
import type { Denial } from "../access/denial.ts";
import type { Sql } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

const PAUSE_MS = 60_000;
const MAX_REMEMBERED = 10_000;
/** Over all callers: somebody who knocks from many addresses cannot fill the log either. */
const MOST_PER_MINUTE = 300;

/**
 * Records who was refused what, for the audit trail: once a minute for each caller, operation and project that they see
 * (strangers: for each address), so that knocking cannot flood it.
 */
export class Denials {
  readonly #sql: Sql;
  readonly #events: { wake(): void };
  readonly #now: () => number;
  readonly #last = new Map<string, number>();
  #minute = 0;
  #recorded = 0;

  constructor(sql: Sql, events: { wake(): void }, now: () => number = Date.now) {
    this.#sql = sql;
    this.#events = events;
    this.#now = now;
  }

  async record(denial: Denial): Promise<void> {
    if (!this.#isWorthIt(denial)) return;
    const { operation, problem, caller, address, projectId, asked } = denial;
    await record(this.#sql, {
      type: "access.denied",
      project_id: projectId,
      actor: caller ? actorOf(caller) : { type: "user", id: null, name: address },
      details: {
        operation,
        problem,
        // Where people sit is no business of a project's other members.
        ...(projectId === null && { address }),
        ...(asked !== undefined && { asked: asked.slice(0, 64) }),
      },
    });
    this.#events.wake();
  }

  #isWorthIt({ caller, address, operation, projectId }: Denial): boolean {
    const now = this.#now();
    const key = caller ? `${callerKey(caller)} ${operation} ${projectId}` : countedAddress(address);
    const last = this.#last.get(key);
    if (last !== undefined && now - last < PAUSE_MS) return false;
    if (now - this.#minute >= PAUSE_MS) {
      this.#minute = now;
      this.#recorded = 0;
    }
    if (this.#recorded >= MOST_PER_MINUTE) return false;
    this.#recorded += 1;
    this.#last.delete(key);
    this.#last.set(key, now);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= MAX_REMEMBERED) break;
      this.#last.delete(oldest);
    }
    return true;
  }
}
