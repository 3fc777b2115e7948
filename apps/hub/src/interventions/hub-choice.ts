import type { Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import type { Changes, Engine } from "../tasks/engine.ts";
import type { TaskRow } from "../tasks/task-row.ts";

/** An answered question of the hub. */
export interface AnsweredQuestion {
  id: string;
  project_id: string;
  task_id: string;
  session_id: string | null;
  /** `<kind>` or `<kind>:<id>`. */
  cause: string;
  options: readonly string[];
}

export interface Choosing {
  /** Holds the project's lock. */
  tx: Tx;
  engine: Engine;
  caller: Caller;
  /** Its row is locked. */
  task: TaskRow;
  intervention: AnsweredQuestion;
  /** One of the question's options, letter by letter. */
  choice: string;
}

/** What the answers to one kind of question do. */
export interface HubChoice {
  /** What people choose from. */
  options: readonly string[];
  /**
   * Does what was chosen, in the transaction that records the answer. What it throws takes the answer back. It runs again
   * when Postgres breaks the transaction off.
   */
  choose(choosing: Choosing): Promise<Changes | undefined>;
}
