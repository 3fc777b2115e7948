import type { Identity } from "../access/find-identity.ts";
import type { Sql } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";

/** Keeps when each access token was last used, to the minute; it is written with the engine's beat, many in one statement. */
export class TokenUses implements RunningPart {
  readonly #sql: Sql;
  readonly #used = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Somebody came in, by a token or otherwise. */
  saw(identity: Identity | null | undefined): void {
    if (identity?.accessTokenId !== undefined) this.#used.add(identity.accessTokenId);
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
    if (ids.length === 0) return;
    this.#used.clear();
    await this.#sql.query(
      `update hub.access_tokens set last_used_at = now()
       where id = any($1::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
      [ids],
    );
  }
}
