import type { Requirements } from "@orchestratia/domain/matching";
import type { ServerIndex } from "@orchestratia/domain/server-index";
import type pg from "pg";
import type { Logger } from "pino";
import { type Sql, sqlOf } from "../db/transaction.ts";
import type { AssignedTask } from "./assigned-task.ts";
import type { Fleet } from "./fleet.ts";
import { PendingPages } from "./pending-pages.ts";
import { type Pick, placeTasks } from "./place-tasks.ts";
import { WAITS_UNTIL } from "./preferred-wait.ts";

export interface MatcherOptions {
  pool: pg.Pool;
  fleet: Fleet;
  log: Logger;
  /** Told of every task that was placed, after the commit. */
  onPlaced: (tasks: AssignedTask[]) => void;
}

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

  /** Goes on through the pages as long as a server has a place, so that what nobody can take hides nothing. */
  async #pass(projectId: string): Promise<number> {
    const index = this.#options.fleet.of(projectId);
    const pages = new PendingPages(this.#sql, projectId);
    let count = 0;
    while (!this.#stopped && index.best(NOTHING) && (await pages.read())) {
      // What is picked is claimed before the next page, which a slow or failing database may keep back.
      const picks = choose(pages, index);
      if (picks.length === 0) continue;
      const placed = await this.#claim(picks);
      this.#options.onPlaced(placed);
      count += placed.length;
    }
    return count;
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

/** A server for each task that gets one, in the tasks' order, as far as the pages that were read tell it. */
function choose(pages: PendingPages, index: ServerIndex): Pick[] {
  const picks: Pick[] = [];
  for (let task = pages.next(); task; task = pages.next()) {
    const { id, version, requirements, triedServers, waits } = task;
    const tried = triedServers.length > 0 ? new Set(triedServers) : undefined;
    const server = index.best(requirements, { tried, waits });
    if (server) {
      // Counted at once, so that the next task sees the place taken; given back where the claim does not hold.
      index.adjustActive(server.id, 1, Date.now());
      picks.push({ task_id: id, version, server_id: server.id });
    } else if (!tried && !waits) pages.ruleOut(requirements);
  }
  return picks;
}
