import type { Database } from "../db/database.ts";

/** What the commands on approval rules work with. */
export interface Rules {
  readonly database: Database;
  /** The sequencer: woken after a commit that recorded facts. */
  readonly events: { wake(): void };
}
