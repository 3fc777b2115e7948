import type { Sql } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";

const REMOVE = {
  name: "remove_ended_sign_ins",
  text: "delete from hub.sign_ins where coalesce(revoked_at, expires_at) < now() - interval '90 days'",
};

/** Removes sign-ins that ended 90 days ago, until when an address from which somebody signed in is known to be theirs. */
export class EndedSignIns implements RunningPart {
  readonly #sql: Sql;
  #removing: Promise<unknown> = Promise.resolve();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async rederive(): Promise<void> {
    this.#removing = this.#sql.query(REMOVE);
    await this.#removing;
  }

  async settled(): Promise<void> {
    await this.#removing.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.settled();
  }
}
