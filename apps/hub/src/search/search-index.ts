import type { ActivityType } from "@orchestratia/protocol/activity";
import type pg from "pg";
import type { Logger } from "pino";
import { transaction } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import type { RunningPart } from "../events/running-part.ts";
import { SingleFile } from "../events/single-file.ts";

export interface SearchIndexOptions {
  pool: pg.Pool;
  bus: Bus;
  log: Logger;
}

/** What changes the words that a task is found by. */
const CHANGES: readonly ActivityType[] = [
  "task.created",
  "task.updated",
  "task.submitted",
  "task.completed",
  "task.failed",
  "note.added",
];
/** Facts of so long are taken together: reading a text into words is not for the moment in which a task settles. */
const GATHER_MS = 250;
/** Facts that one transaction takes up. */
const BATCH = 500;
const CONSUMER = "task_search";

const CURSOR = {
  name: "search_cursor",
  text: "select position from engine.cursors where consumer = $1 for update",
};
const BEGIN = {
  name: "search_begin",
  text: `insert into engine.cursors (consumer, position)
    values ($1, (select coalesce(max(position), 0) from activity_log)) on conflict do nothing`,
};
const CHANGED = {
  name: "search_changed",
  text: `select max(position)::text as position, count(*)::int as facts,
      coalesce(array_agg(distinct task_id) filter (where event_type = any($2) and task_id is not null), '{}') as ids
    from (select position, event_type, task_id from activity_log where position > $1 order by position limit ${BATCH})
      as fact`,
};
const MOVE_ON = { name: "search_move_on", text: "update engine.cursors set position = $2 where consumer = $1" };
/** Some of those that are not there at all. */
const MISSING = {
  name: "search_missing",
  text: `select t.id from tasks t where not exists (select from engine.task_search s where s.task_id = t.id)
    limit ${BATCH}`,
};
const readIn = (name: string, conflict: string) => ({
  name,
  text: `insert into engine.task_search (task_id, project_id, name, document)
    select t.id, t.project_id, lower(t.key || ' ' || t.title || ' ' || array_to_string(t.labels, ' ')),
      engine.task_document(t.key, t.title, t.labels, t.spec, coalesce(notes.words, ''), coalesce(result.words, ''))
    from tasks t
      left join lateral (
        select string_agg(content, ' ') as words
        from (select content from task_notes where task_id = t.id order by id desc limit 200) as note
      ) as notes on true
      left join lateral (
        select string_agg(value #>> '{}', ' ') as words from jsonb_path_query(t.result, 'strict $.**') as value
        where jsonb_typeof(value) = 'string'
      ) as result on true
    where t.id = any($1::uuid[])
    on conflict (task_id) do ${conflict}`,
});
const READ_IN = readIn("search_read_in", "update set name = excluded.name, document = excluded.document");
/** What the facts have brought meanwhile is newer. */
const READ_IN_MISSING = readIn("search_read_in_missing", "nothing");

/**
 * Keeps what tasks are found by in step with what happens to them, within a second and beside it: nothing that moves a
 * task waits for words. It follows the facts by a cursor of its own, so that none is missed.
 */
export class SearchIndex implements RunningPart {
  readonly #options: SearchIndexOptions;
  readonly #unsubscribe: () => void;
  readonly #turns = new SingleFile(() => this.#catchUp());
  #timer: NodeJS.Timeout | undefined;
  /** The first reading of what was there before; it may take minutes, and nobody waits for it. */
  #first: Promise<void> | undefined;
  #stopped = false;

  constructor(options: SearchIndexOptions) {
    this.#options = options;
    const changes = new Set<string>(CHANGES);
    this.#unsubscribe = options.bus.subscribe((fact) => {
      if (changes.has(fact.event_type)) this.#soon();
    });
  }

  rederive(): Promise<void> {
    return this.#turns.run();
  }

  async settled(): Promise<void> {
    await this.#turns.settled();
    await this.#first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
    await this.settled();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#turns.run().catch((error) => {
        this.#options.log.error({ err: error }, "what tasks are found by is behind; it is tried again within 30 s");
      });
    }, GATHER_MS).unref();
  }

  async #catchUp(): Promise<void> {
    const { pool, log } = this.#options;
    this.#first ??= this.#readInAll().catch((error) => {
      this.#first = undefined;
      log.error({ err: error }, "not all tasks could be made to be found; it is tried again within 30 s");
    });
    while (!this.#stopped && (await followFacts(pool)) === BATCH);
  }

  async #readInAll(): Promise<void> {
    const { pool } = this.#options;
    await transaction(pool, (tx) => tx.query(BEGIN, [CONSUMER]));
    while (!this.#stopped && (await readInMissing(pool)) === BATCH);
  }
}

/** Answers how many tasks there were to read in. */
function readInMissing(pool: pg.Pool): Promise<number> {
  return transaction(pool, async (tx) => {
    const missing = await tx.query<{ id: string }>(MISSING);
    if (missing.length > 0) await tx.query(READ_IN_MISSING, [missing.map(({ id }) => id)]);
    return missing.length;
  });
}

/** Answers how many facts were taken up; none before there is a position to go on from. */
function followFacts(pool: pg.Pool): Promise<number> {
  return transaction(pool, async (tx) => {
    const [cursor] = await tx.query<{ position: string }>(CURSOR, [CONSUMER]);
    if (!cursor) return 0;
    const [changed] = await tx.query<{ position: string | null; facts: number; ids: string[] }>(CHANGED, [
      cursor.position,
      CHANGES,
    ]);
    if (!changed || changed.position === null) return 0;
    if (changed.ids.length > 0) await tx.query(READ_IN, [changed.ids]);
    await tx.query(MOVE_ON, [CONSUMER, changed.position]);
    return changed.facts;
  });
}
