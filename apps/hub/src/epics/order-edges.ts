import { findCycle, topologicalOrder } from "@orchestratia/domain/dependency-graph";
import { mayWait, type OrderEdge, wantedOrderEdges } from "@orchestratia/domain/sibling-order";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Sql, Tx } from "../db/transaction.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import type { Places } from "../tasks/task-row.ts";
import { type Relative, readFamily } from "./family.ts";
import { circle, readWaits, type Wait } from "./waits.ts";

/** What a change of order did to the tasks of a family, for `afterCommit`. */
export interface OrderChanges {
  places: Places;
  ready: AssignedTask[];
  released: string[];
  placeable: boolean;
}

const NOTHING: OrderChanges = { places: [], ready: [], released: [], placeable: false };

interface PresentEdge extends OrderEdge {
  id: string;
}

const PRESENT = {
  name: "order_edges",
  text: `select id, task_id as "taskId", depends_on_task_id as "dependsOn", resolved from task_dependencies
    where task_id = any($1::uuid[]) and dependency_type = 'order'`,
};

/** What has to change in the order edges of a family. */
interface Difference {
  dropped: PresentEdge[];
  turned: PresentEdge[];
  added: OrderEdge[];
}

const isEmpty = ({ dropped, turned, added }: Difference): boolean =>
  dropped.length + turned.length + added.length === 0;

/**
 * Makes the order edges of the families of these tasks what their modes, positions and statuses ask for, in one
 * statement. The caller holds the project's lock and has called `lockFamily`. With `refuse` an order that contradicts the
 * other dependencies throws `dependency_cycle`; with `leave_out` an edge that closes a circle is not made, or goes, since
 * what has happened cannot be refused any more.
 */
export async function keepOrder(
  tx: Tx,
  caller: Caller,
  projectId: string,
  ids: readonly string[],
  circles: "refuse" | "leave_out",
): Promise<OrderChanges> {
  const family = await readFamily(tx, ids);
  const wanted = wantedOrderEdges(family);
  const found = await difference(tx, family, wanted);
  const fresh = [...found.added, ...found.turned].filter(({ resolved }) => !resolved);
  if (circles === "refuse") {
    if (fresh.length > 0) await refuseCircles(tx, projectId, fresh, found.dropped);
    return isEmpty(found) ? NOTHING : apply(tx, caller, projectId, found);
  }
  const kept = await withoutCircles(tx, projectId, family, wanted);
  const change = kept.length === wanted.length ? found : await difference(tx, family, kept);
  return isEmpty(change) ? NOTHING : apply(tx, caller, projectId, change);
}

/** True when the order edges of the families of these tasks are not what they should be. */
export async function orderIsStale(sql: Sql, ids: readonly string[]): Promise<boolean> {
  const family = await readFamily(sql, ids);
  return !isEmpty(await difference(sql, family, wantedOrderEdges(family)));
}

async function difference(sql: Sql, family: readonly Relative[], wanted: readonly OrderEdge[]): Promise<Difference> {
  const waiting = family.filter(mayWait).map(({ id }) => id);
  const present = waiting.length === 0 ? [] : await sql.query<PresentEdge>(PRESENT, [waiting]);
  const keyOf = ({ taskId, dependsOn }: OrderEdge) => `${taskId} ${dependsOn}`;
  const wantedBy = new Map(wanted.map((edge) => [keyOf(edge), edge]));
  const presentBy = new Set(present.map(keyOf));
  return {
    dropped: present.filter((edge) => !wantedBy.has(keyOf(edge))),
    turned: present.flatMap((edge) => {
      const resolved = wantedBy.get(keyOf(edge))?.resolved ?? edge.resolved;
      return resolved === edge.resolved ? [] : [{ ...edge, resolved }];
    }),
    added: wanted.filter((edge) => !presentBy.has(keyOf(edge))),
  };
}

type Gate = Pick<Wait, "taskId" | "dependsOn" | "type">;
const gateOf = ({ taskId, dependsOn }: OrderEdge): Gate => ({ taskId, dependsOn, type: "order" });

/** Nearly always there is no circle, which one walk over all of it tells. */
const isAcyclic = (gates: readonly Gate[]): boolean =>
  topologicalOrder(new Set(gates.flatMap(({ taskId, dependsOn }) => [taskId, dependsOn])), gates) !== undefined;

async function refuseCircles(
  tx: Tx,
  projectId: string,
  fresh: readonly OrderEdge[],
  dropped: readonly PresentEdge[],
): Promise<void> {
  const gone = new Set<string | null>(dropped.map(({ id }) => id));
  const waits: Gate[] = (await readWaits(tx, projectId)).filter(({ id }) => id === null || !gone.has(id));
  if (isAcyclic([...waits, ...fresh.map(gateOf)])) return;
  for (const edge of fresh.map(gateOf)) {
    const cycle = findCycle(waits, edge);
    if (cycle) throw await circle(tx, cycle);
    waits.push(edge);
  }
}

/** The wanted edges but for those that close a circle with what else the tasks wait for. */
async function withoutCircles(
  tx: Tx,
  projectId: string,
  family: readonly Relative[],
  wanted: readonly OrderEdge[],
): Promise<readonly OrderEdge[]> {
  if (!wanted.some(({ resolved }) => !resolved)) return wanted;
  const members = new Set(family.map(({ id }) => id));
  const waits: Gate[] = (await readWaits(tx, projectId)).filter(
    ({ type, taskId }) => type !== "order" || !members.has(taskId),
  );
  if (isAcyclic([...waits, ...wanted.filter(({ resolved }) => !resolved).map(gateOf)])) return wanted;
  return wanted.filter((edge) => {
    if (edge.resolved) return true;
    if (findCycle(waits, gateOf(edge))) return false;
    waits.push(gateOf(edge));
    return true;
  });
}

/** Edges, the tasks' blockers, the servers' places and the facts, together. */
const APPLY = {
  name: "apply_order",
  text: `with dropped as (
      delete from task_dependencies where id = any($1::uuid[]) returning task_id, resolved
    ), turned as (
      update task_dependencies d set resolved = turn.resolved, resolved_at = case when turn.resolved then now() end
      from jsonb_to_recordset($2::jsonb) as turn(id uuid, resolved boolean) where d.id = turn.id
      returning d.task_id, d.resolved
    ), added as (
      insert into task_dependencies (project_id, task_id, depends_on_task_id, dependency_type, resolved, resolved_at)
      select $4, edge."taskId", edge."dependsOn", 'order', edge.resolved, case when edge.resolved then now() end
      from jsonb_to_recordset($3::jsonb) as edge("taskId" uuid, "dependsOn" uuid, resolved boolean)
      returning task_id, resolved
    ), change as (
      select task_id, sum(blockers)::int as blockers from (
        select task_id, case when resolved then 0 else -1 end as blockers from dropped
        union all select task_id, case when resolved then -1 else 1 end from turned
        union all select task_id, case when resolved then 0 else 1 end from added
      ) as part group by task_id
    ), moved as (
      update tasks t set blockers = t.blockers + change.blockers,
        -- Whoever was told of a task that is held back now is told again when it is free.
        delivered_at = case when t.blockers + change.blockers > 0 then null else t.delivered_at end,
        deliveries = case when t.blockers + change.blockers > 0 then 0 else t.deliveries end,
        version = t.version + 1, updated_at = now()
      from change where t.id = change.task_id
      returning ${ASSIGNED_TASK_COLUMNS}, t.status::text as status, t.blockers, t.blockers - change.blockers as before
    ), counted as (
      update servers s set active_tasks = s.active_tasks + taken.places
      from (
        select assigned_server_id as id, sum(case when blockers = 0 then 1 else -1 end)::int as places from moved
        where status = 'assigned' and (blockers = 0) <> (before = 0) group by assigned_server_id
      ) as taken
      where s.id = taken.id
    ), recorded as (
      insert into activity_log (event_type, project_id, task_id, actor, details)
      select event_type, project_id, id, $5::jsonb, details from (
        select 1 as place, 'task.order_changed' as event_type, project_id, id,
          jsonb_build_object('key', key, 'blockers', blockers) as details from moved
        union all
        select 2, 'task.unblocked', project_id, id, jsonb_build_object('key', key) from moved
        where blockers = 0 and before > 0
      ) as fact order by place
    )
    select * from moved`,
};

type Moved = AssignedTask & { status: string; blockers: number; before: number };

async function apply(tx: Tx, caller: Caller, projectId: string, change: Difference): Promise<OrderChanges> {
  const moved = await tx.query<Moved>(APPLY, [
    change.dropped.map(({ id }) => id),
    JSON.stringify(change.turned),
    JSON.stringify(change.added),
    projectId,
    JSON.stringify(actorOf(caller)),
  ]);
  const assigned = moved.filter(({ status }) => status === "assigned");
  const freed = assigned.filter(({ blockers, before }) => blockers === 0 && before > 0);
  const held = assigned.filter(({ blockers, before }) => blockers > 0 && before === 0);
  return {
    places: [
      ...freed.map((task) => [task.assigned_server_id, 1] as const),
      ...held.map((task) => [task.assigned_server_id, -1] as const),
    ],
    ready: freed,
    released: held.map(({ id }) => id),
    placeable: moved.some(({ blockers }) => blockers === 0) || held.length > 0,
  };
}
