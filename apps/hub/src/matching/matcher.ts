import type { Requirements } from "@orchestratia/domain/matching";
import { comparePending } from "@orchestratia/domain/pending-queue";
import type { TaskPriority } from "@orchestratia/domain/task-lifecycle";
import type pg from "pg";
import type { Logger } from "pino";
import { type Sql, sqlOf } from "../db/transaction.ts";
import type { AssignedTask } from "./assigned-task.ts";
import type { Fleet } from "./fleet.ts";
import { type Pick, placeTasks } from "./place-tasks.ts";
import { WAITS_UNTIL } from "./preferred-wait.ts";

export interface MatcherOptions {
  pool: pg.Pool;
  fleet: Fleet;
  log: Logger;
  /** Told of every task that was placed, after the commit. */
  onPlaced: (tasks: AssignedTask[]) => void;
}

interface PendingRow {
  id: string;
  priority: TaskPriority;
  eligible_at: Date;
  version: number;
  requirements: Requirements;
  tried_servers: string[];
  /** It still has time to wait for the server it prefers. */
  waits: boolean;
}

/** Of each priority, in a pass; a pass that placed something is followed by another. */
const PASS_LIMIT = 2_000;

// Each priority for itself: an old task of a low one may come before a young one of a high one, however many there are.
const PENDING = {
  name: "matcher_pending",
  text: `select t.* from unnest(enum_range(null::task_priority)) as level, lateral (
      select t.id, t.priority::text as priority, t.eligible_at, t.version, t.requirements, t.tried_servers,
        coalesce(${WAITS_UNTIL} > now(), false) as waits
      from tasks t
      where t.project_id = $1 and t.status = 'pending' and t.blockers = 0 and t.auto_assign and t.eligible_at <= now()
        and t.priority = level and t.type <> 'epic'
        and not (t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id))
      order by t.eligible_at, t.id limit ${PASS_LIMIT}
    ) as t`,
};
/** When time alone makes the next difference: a task becomes eligible, or its patience for a server ends. */
const NEXT_ELIGIBLE = {
  name: "matcher_next_eligible",
  text: `select (extract(epoch from least(
      (select min(t.eligible_at) from tasks t where t.project_id = $1 and t.status = 'pending' and t.blockers = 0
        and t.auto_assign and t.eligible_at > now()),
      (select min(${WAITS_UNTIL}) from tasks t where t.project_id = $1 and t.status = 'pending' and t.blockers = 0
        and t.auto_assign and t.waits_since is not null and ${WAITS_UNTIL} > now())
    ) - now()) * 1000)::float8 as wait_ms`,
};

/** Whoever is available at all meets these. */
const NOTHING: Requirements = { languages: [], environments: [], tools: [], tags: [] };
/** A timer that long is armed again when it fires. */
const TIMER_MAX_MS = 60_000;

/** Places the tasks that wait: one pass at a time per project; a wake during a pass means one more after it. */
export class Matcher {
  readonly #options: MatcherOptions;
  readonly #sql: Sql;
  readonly #running = new Map<string, Promise<void>>();
  readonly #woken = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(options: MatcherOptions) {
    this.#options = options;
    this.#sql = sqlOf(options.pool);
  }

  /** Something changed that may let a task of this project be placed. */
  wake(projectId: string): void {
    if (this.#stopped) return;
    this.#woken.add(projectId);
    if (this.#running.has(projectId)) return;
    const run = this.#run(projectId).finally(() => {
      this.#running.delete(projectId);
      if (this.#woken.has(projectId)) this.wake(projectId);
    });
    this.#running.set(projectId, run);
  }

  /** When no pass is running any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#woken.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.settled();
  }

  async #run(projectId: string): Promise<void> {
    // One turn of the event loop gathers the wakes of one burst.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#woken.delete(projectId) && !this.#stopped) {
      try {
        if ((await this.#pass(projectId)) > 0) this.#woken.add(projectId);
        await this.#armTimer(projectId);
      } catch (error) {
        this.#options.log.error({ err: error, project_id: projectId }, "a matching pass failed; the next will come");
        return;
      }
    }
  }

  async #pass(projectId: string): Promise<number> {
    const index = this.#options.fleet.of(projectId);
    if (!index.best(NOTHING)) return 0;
    const pending = await this.#sql.query<PendingRow>(PENDING, [projectId]);
    const picks: Pick[] = [];
    const inOrder = pending.map((row) => ({ ...row, eligibleAt: row.eligible_at.getTime() })).sort(comparePending);
    for (const task of inOrder) {
      const tried = task.tried_servers.length > 0 ? new Set(task.tried_servers) : undefined;
      const server = index.best(task.requirements, { tried, waits: task.waits });
      if (!server) continue;
      // Counted at once, so that the next task sees the place taken; given back below where the claim did not hold.
      index.adjustActive(server.id, 1, Date.now());
      picks.push({ task_id: task.id, version: task.version, server_id: server.id });
    }
    if (picks.length === 0) return 0;
    const placed = await this.#claim(picks);
    this.#options.onPlaced(placed);
    return placed.length;
  }

  async #claim(picks: readonly Pick[]): Promise<AssignedTask[]> {
    let placed: AssignedTask[] = [];
    try {
      placed = await placeTasks(this.#options.pool, picks);
      return placed;
    } finally {
      const held = new Set(placed.map((task) => task.id));
      for (const pick of picks) if (!held.has(pick.task_id)) this.#options.fleet.adjust(pick.server_id, -1);
    }
  }

  async #armTimer(projectId: string): Promise<void> {
    clearTimeout(this.#timers.get(projectId));
    // By the database's clock, which decides when it is time.
    const [next] = await this.#sql.query<{ wait_ms: number | null }>(NEXT_ELIGIBLE, [projectId]);
    if (typeof next?.wait_ms !== "number" || this.#stopped) return;
    const waitMs = Math.min(Math.ceil(next.wait_ms) + 1, TIMER_MAX_MS);
    this.#timers.set(
      projectId,
      setTimeout(() => this.wake(projectId), waitMs),
    );
  }
}
