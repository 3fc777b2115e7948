import { type TaskStatus, takesCapacity } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import { givenIds } from "../db/given-ids.ts";
import type { Tx } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import type { Movable } from "./open-moves.ts";

/** What commands decide on, read under the row's lock. */
export interface TaskRow extends Movable {
  id: string;
  project_id: string;
  title: string;
  type: string;
  spec: string;
  version: number;
  epoch: number;
  attempt: number;
  auto_assign: boolean;
  parent_id: string | null;
  structured_spec: unknown;
  result: unknown;
  plan_required: boolean;
  close_session_on_settle: boolean;
  /** Has children and never had a lease: it is settled by them, never worked on. */
  is_parent: boolean;
  /** Its worker has been told of it, and may be about to be told again. */
  is_delivered: boolean;
  is_archived: boolean;
}

const READ = `select t.id, t.project_id, t.key, t.title, t.type::text as type, t.spec, t.status::text as status,
    t.resume_status::text as resume_status, t.version, t.epoch, t.attempt, t.blockers, t.auto_assign, t.parent_id,
    t.assigned_server_id, t.assigned_session_id, t.source_session_id, t.structured_spec, t.result,
    coalesce(t.require_plan, (p.settings ->> 'require_plan_approval')::boolean, false) as plan_required,
    coalesce((p.settings ->> 'close_session_on_settle')::boolean, false) as close_session_on_settle,
    coalesce((p.settings ->> 'orchestrator_may_approve')::boolean, false) as orchestrator_may_approve,
    parent.is_parent, parent.is_parent or t.type = 'epic' as is_container,
    t.delivered_at is not null or t.deliveries > 0 as is_delivered, t.archived_at is not null as is_archived,
    l.session_id as holder_session_id, l.server_id as holder_server_id,
    l.id is not null and l.closed_at is null as lease_open, l.close_reason
  from tasks t join projects p on p.id = t.project_id
    cross join lateral (
      select t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id) as is_parent
    ) as parent
    left join lateral (select * from engine.leases where task_id = t.id order by epoch desc limit 1) as l on true
  where t.id = any(${givenIds(1)}) order by t.id`;

const LOCK = { name: "lock_tasks", text: "select id from tasks where id = any($1::uuid[]) order by id for update" };
const READ_TASKS = { name: "read_tasks", text: READ };

/** Locks the rows in the order of their ids, then reads them: in two statements, so that what is read is what is locked. */
export async function lockTasks(tx: Tx, ids: readonly string[]): Promise<TaskRow[]> {
  await tx.query(LOCK, [ids]);
  return tx.query<TaskRow>(READ_TASKS, [ids]);
}

/** Throws `task_not_found`. */
export async function lockTask(tx: Tx, id: string): Promise<TaskRow> {
  const [task] = await lockTasks(tx, [id]);
  if (!task) throw new Problem("task_not_found");
  return task;
}

const LOCK_SERVERS = {
  name: "lock_servers",
  text: "select id from servers where id = any($1::uuid[]) order by id for update",
};

/** Before several tasks' places change: their servers are locked in one order, after the tasks. */
export async function lockServers(tx: Tx, ids: readonly (string | null)[]): Promise<void> {
  await tx.query(LOCK_SERVERS, [ids.filter((id) => id !== null)]);
}

/** A column's new value as an expression over the row. */
class Expression {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A value for a jsonb column. */
class Json {
  readonly text: string | null;
  constructor(value: unknown) {
    this.text = value === null || value === undefined ? null : JSON.stringify(value);
  }
}

export const sql = (text: string): Expression => new Expression(text);
export const json = (value: unknown): Json => new Json(value);

/** New values by column: text, numbers, dates, arrays of text, `json(…)` or `sql(…)`. */
export type TaskColumns = Record<
  string,
  string | number | boolean | Date | null | readonly string[] | Expression | Json
>;

/** Places taken (1) and given back (-1), by server. */
export type Places = (readonly [serverId: string, delta: number])[];

/**
 * Writes columns of a locked task with its version raised, changes the counters of the servers that this concerns, and
 * records the fact. Answers the places that changed. The guard on the version says that the row is still the one that
 * was decided on.
 */
export async function writeTask(tx: Tx, task: TaskRow, columns: TaskColumns, ...facts: Fact[]): Promise<Places> {
  const values: unknown[] = [task.id, task.version];
  const assignments = Object.entries(columns).map(([column, value]) => {
    if (value instanceof Expression) return `${column} = ${value.text}`;
    values.push(value instanceof Json ? value.text : value);
    return `${column} = $${values.length}`;
  });
  const [after] = await tx.query<TaskRow>(
    `update tasks set ${[...assignments, "version = version + 1", "updated_at = now()"].join(", ")}
     where id = $1 and version = $2
     returning status::text as status, blockers, assigned_server_id, version`,
    values,
  );
  if (!after) throw new Error(`task ${task.id} changed under its lock`);
  await record(tx, ...facts);
  const places = placeChange(task, after);
  for (const [serverId, delta] of places) {
    await tx.query("update servers set active_tasks = active_tasks + $2 where id = $1", [serverId, delta]);
  }
  task.version = after.version;
  return places;
}

function placeChange(before: TaskRow, after: TaskRow): Places {
  const from = takesCapacity(before) ? before.assigned_server_id : null;
  const to = takesCapacity(after) ? after.assigned_server_id : null;
  if (from === to) return [];
  const changes: Places = [];
  if (from) changes.push([from, -1]);
  if (to) changes.push([to, 1]);
  // Servers are locked in the order of their ids, here as everywhere.
  return changes.sort(([left], [right]) => (left < right ? -1 : 1));
}

/** What every fact about a task begins with. */
export const aboutTask = (task: Pick<TaskRow, "id" | "project_id">) => ({
  project_id: task.project_id,
  task_id: task.id,
});

/** The details of a move's fact. */
export const moveDetails = (task: Pick<TaskRow, "key" | "title" | "status">, to: TaskStatus) => ({
  from: task.status,
  to,
  key: task.key,
  title: task.title,
});
