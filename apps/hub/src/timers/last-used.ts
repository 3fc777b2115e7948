import type { Sql } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";

type Table = "hub.access_tokens" | "hub.sign_ins" | "hub.server_keys";

/** Keeps when each of a table's rows was last used, to the minute; it is written with the engine's beat, many in one statement. */
export class LastUsed implements RunningPart {
  readonly #sql: Sql;
  readonly #statement: { name: string; text: string };
  #used = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  constructor(sql: Sql, table: Table) {
    this.#sql = sql;
    this.#statement = {
      name: `last_used_${table.slice("hub.".length)}`,
      text: `update ${table} set last_used_at = now()
        where id = any($1::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    };
  }

  saw(id: string | undefined): void {
    if (id !== undefined) this.#used.add(id);
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
    this.#used = new Set();
    try {
      await this.#sql.query(this.#statement, [ids]);
    } catch (error) {
      for (const id of ids) this.#used.add(id);
      throw error;
    }
  }
}
