import type { Requirements } from "@orchestratia/domain/matching";
import { comparePending, type PendingTask } from "@orchestratia/domain/pending-queue";
import { TASK_PRIORITIES, type TaskPriority } from "@orchestratia/domain/task-lifecycle";
import type { Sql } from "../db/transaction.ts";
import { WAITS_UNTIL } from "./preferred-wait.ts";

/** A task that waits for a place, as the matcher chooses for it. */
export interface Waiting extends PendingTask {
  version: number;
  triedServers: string[];
  /** It still has time to wait for the server it prefers. */
  waits: boolean;
}

interface PendingRow {
  id: string;
  priority: TaskPriority;
  eligible_at: Date;
  version: number;
  requirements: string;
  tried_servers: string[];
  waits: boolean;
}

interface Level {
  priority: TaskPriority;
  page: Waiting[];
  /** How many of the page are done with. */
  at: number;
  /** The last one read; undefined before the first page. */
  last: Waiting | undefined;
  hasMore: boolean;
}

const PAGE = 2_000;
/** More kinds than this are read again rather than named to Postgres. */
const NAMED_KINDS = 1_000;

// Each priority for itself: an old task of a low one may come before a young one of a high one, however many there are.
const PENDING = {
  name: "matcher_pending",
  text: `select t.* from unnest($2::task_priority[], $3::timestamptz[], $4::uuid[]) as level (priority, eligible_at, id),
    lateral (
      select t.id, t.priority::text as priority, t.eligible_at, t.version, t.requirements::text as requirements,
        t.tried_servers, coalesce(${WAITS_UNTIL} > now(), false) as waits
      from tasks t
      where t.project_id = $1 and t.status = 'pending' and t.blockers = 0 and t.auto_assign and t.eligible_at <= now()
        and t.priority = level.priority and (t.eligible_at, t.id) > (level.eligible_at, level.id) and t.type <> 'epic'
        and t.requirements not in (select unnest($5::jsonb[]))
        and not (t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id))
      order by t.eligible_at, t.id limit ${PAGE}
    ) as t`,
};
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/**
 * The tasks of a project that wait for a place, first one first, read a page of each priority at a time. What asks for
 * the same as a task that no server can take is passed over, in memory and in the pages to come.
 */
export class PendingPages {
  readonly #sql: Sql;
  readonly #projectId: string;
  readonly #levels: Level[] = TASK_PRIORITIES.map((priority) => ({
    priority,
    page: [],
    at: 0,
    last: undefined,
    hasMore: true,
  }));
  /** By their text, which equal ones share. */
  readonly #kinds = new Map<string, Requirements>();
  readonly #texts = new Map<Requirements, string>();
  readonly #hopeless = new Set<Requirements>();

  constructor(sql: Sql, projectId: string) {
    this.#sql = sql;
    this.#projectId = projectId;
  }

  /** Reads the next page of each priority that has run dry; false when there was none to read. */
  async read(): Promise<boolean> {
    const dry = this.#levels.filter(isDry);
    if (dry.length === 0) return false;
    const rows = await this.#sql.query<PendingRow>(PENDING, [
      this.#projectId,
      dry.map(({ priority }) => priority),
      dry.map(({ last }) => (last ? new Date(last.eligibleAt) : "-infinity")),
      dry.map(({ last }) => last?.id ?? BEFORE_ALL),
      [...this.#hopeless].slice(0, NAMED_KINDS).map((kind) => this.#texts.get(kind)),
    ]);
    for (const level of dry) {
      level.page = rows
        .filter(({ priority }) => priority === level.priority)
        .map((row) => this.#waiting(row))
        .sort(comparePending);
      level.at = 0;
      level.last = level.page.at(-1) ?? level.last;
      level.hasMore = level.page.length === PAGE;
    }
    return true;
  }

  /** The next task in order; undefined when a page has to be read before it is known, or nobody is left. */
  next(): Waiting | undefined {
    let first: Level | undefined;
    for (const level of this.#levels) {
      this.#passOver(level);
      if (isDry(level)) return undefined;
      if (precedes(level, first)) first = level;
    }
    return first?.page[first.at++];
  }

  /** No server can take a task that asks for this. */
  ruleOut(kind: Requirements): void {
    this.#hopeless.add(kind);
  }

  #passOver(level: Level): void {
    for (let task = level.page[level.at]; task && this.#hopeless.has(task.requirements); task = level.page[level.at]) {
      level.at += 1;
    }
  }

  #waiting({ id, priority, eligible_at, version, requirements, tried_servers, waits }: PendingRow): Waiting {
    const kind = this.#kindOf(requirements);
    const eligibleAt = eligible_at.getTime();
    return { id, priority, eligibleAt, version, requirements: kind, triedServers: tried_servers, waits };
  }

  #kindOf(text: string): Requirements {
    const known = this.#kinds.get(text);
    if (known) return known;
    const kind = JSON.parse(text) as Requirements;
    this.#kinds.set(text, kind);
    this.#texts.set(kind, text);
    return kind;
  }
}

const isDry = ({ page, at, hasMore }: Level): boolean => hasMore && at >= page.length;

function precedes(level: Level, other: Level | undefined): boolean {
  const task = level.page[level.at];
  if (!task) return false;
  const than = other?.page[other.at];
  return !than || comparePending(task, than) < 0;
}
