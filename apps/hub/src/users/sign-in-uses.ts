import type { Identity } from "../access/find-identity.ts";
import type { Sql } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";

/**
 * Keeps when each sign-in was last used, to the minute, many in one statement; and removes those that ended 90 days ago,
 * until when an address from which somebody signed in is known to be theirs.
 */
export class SignInUses implements RunningPart {
  readonly #sql: Sql;
  readonly #used = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Somebody came in, by a sign-in or otherwise. */
  saw(identity: Identity | null | undefined): void {
    if (identity?.signInId !== undefined) this.#used.add(identity.signInId);
  }

  rederive(): Promise<void> {
    this.#writing = this.#write();
    return this.#writing;
  }

  settled(): Promise<void> {
    return this.#writing.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rederive().catch(() => {});
  }

  async #write(): Promise<void> {
    const ids = [...this.#used];
    this.#used.clear();
    if (ids.length > 0) {
      await this.#sql.query(
        `update hub.sign_ins set last_used_at = now()
         where id = any($1::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
        [ids],
      );
    }
    await this.#sql.query(
      "delete from hub.sign_ins where coalesce(revoked_at, expires_at) < now() - interval '90 days'",
    );
  }
}
