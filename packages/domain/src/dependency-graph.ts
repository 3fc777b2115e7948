import { isSettled, type TaskStatus } from "./task-lifecycle.ts";

/** `blocks` gates, `input` gates and carries data, `order` is made by the hub under a sequential parent, `related` is for readers. */
export const DEPENDENCY_TYPES = ["blocks", "input", "related", "order"] as const;
export type DependencyType = (typeof DEPENDENCY_TYPES)[number];

/** `taskId` waits for `dependsOn`. */
export type DependencyEdge<Id extends string = string> = { taskId: Id; dependsOn: Id; type: DependencyType };

/** True for the types that keep a task from starting until they are resolved. */
export function isGating(type: DependencyType): boolean {
  return type !== "related";
}

/**
 * The cycle that `newEdge` would close, as the ids on a shortest way round (from, …, from), each waiting for the next;
 * undefined when it closes none. Only gating edges count.
 */
export function findCycle<Id extends string>(
  edges: Iterable<DependencyEdge<Id>>,
  newEdge: DependencyEdge<Id>,
): Id[] | undefined {
  if (!isGating(newEdge.type)) return undefined;
  const { taskId: from, dependsOn: start } = newEdge;
  if (start === from) return [from, from];
  const upstreams = adjacency(edges, ({ taskId, dependsOn }) => [taskId, dependsOn]);
  const cameFrom = new Map<Id, Id>([[start, from]]);
  // A Map can be appended to while it is walked: here it is queue, visited set and way back in one.
  for (const [id] of cameFrom) {
    for (const upstream of upstreams.get(id) ?? []) {
      if (cameFrom.has(upstream)) continue;
      cameFrom.set(upstream, id);
      if (upstream === from) return wayBack(cameFrom, from);
    }
  }
  return undefined;
}

function wayBack<Id extends string>(cameFrom: ReadonlyMap<Id, Id>, from: Id): Id[] {
  const path = [from];
  let id = cameFrom.get(from);
  while (id !== undefined && id !== from) {
    path.unshift(id);
    id = cameFrom.get(id);
  }
  return [from, ...path];
}

/** How many of a task's own edges still hold it back. */
export function countBlockers(edges: Iterable<{ type: DependencyType; resolved: boolean }>): number {
  let blockers = 0;
  for (const { type, resolved } of edges) if (isGating(type) && !resolved) blockers += 1;
  return blockers;
}

export function isBlocked(task: { blockers: number }): boolean {
  return task.blockers > 0;
}

/** What an edge needs to know of the task it depends on. */
export type UpstreamState = {
  status: TaskStatus;
  archived?: boolean;
  /** Its contract values by key. */
  delivered: Readonly<Record<string, unknown>>;
  /** Delivered keys that failed their schema: an `input` edge stays open on them as if they were missing. */
  invalidKeys?: readonly string[];
};

/** Whether the edge holds its task back no longer, given where the upstream stands. A `related` edge never resolves. */
export function isResolvedBy(
  edge: { type: DependencyType; contractKey?: string | null | undefined },
  upstream: UpstreamState,
): boolean {
  switch (edge.type) {
    case "related":
      return false;
    case "order":
      return upstream.status === "done" || upstream.status === "cancelled" || (upstream.archived ?? false);
    case "blocks":
      return upstream.status === "done";
    case "input":
      return upstream.status === "done" && delivers(upstream, edge.contractKey);
  }
}

function delivers({ delivered, invalidKeys }: UpstreamState, key: string | null | undefined): boolean {
  if (key === null || key === undefined) return true;
  return Object.hasOwn(delivered, key) && !invalidKeys?.includes(key);
}

/**
 * The unsettled tasks that wait, however far down, for one that has failed or was cancelled. `tasks` must hold the
 * upstreams too.
 */
export function blockedByFailed<Id extends string>(
  tasks: Iterable<{ id: Id; status: TaskStatus }>,
  edges: Iterable<DependencyEdge<Id> & { resolved: boolean }>,
): Set<Id> {
  const open = [...edges].filter((edge) => !edge.resolved);
  const dependents = adjacency(open, ({ taskId, dependsOn }) => [dependsOn, taskId]);
  const statuses = new Map<Id, TaskStatus>();
  for (const { id, status } of tasks) statuses.set(id, status);
  const held = new Set<Id>();
  const holdDependentsOf = (id: Id) => {
    for (const dependent of dependents.get(id) ?? []) {
      const status = statuses.get(dependent);
      if (status && !isSettled(status)) held.add(dependent);
    }
  };
  for (const [id, status] of statuses) if (status === "failed" || status === "cancelled") holdDependentsOf(id);
  for (const id of held) holdDependentsOf(id);
  return held;
}

/** The ids with every upstream before its dependents, otherwise as they came; undefined when gating edges form a cycle. */
export function topologicalOrder<Id extends string>(
  ids: Iterable<Id>,
  edges: Iterable<DependencyEdge<Id>>,
): Id[] | undefined {
  const all = new Set(ids);
  const order = sortable(all, edges);
  return order.length === all.size ? order : undefined;
}

/** The same, up to what is on a circle or behind one. */
function sortable<Id extends string>(ids: Iterable<Id>, edges: Iterable<DependencyEdge<Id>>): Id[] {
  const waitingFor = new Map<Id, number>();
  for (const id of ids) waitingFor.set(id, 0);
  const within = [...edges].filter(({ taskId, dependsOn }) => waitingFor.has(taskId) && waitingFor.has(dependsOn));
  const dependents = adjacency(within, ({ taskId, dependsOn }) => [dependsOn, taskId]);
  for (const { taskId, type } of within) if (isGating(type)) waitingFor.set(taskId, (waitingFor.get(taskId) ?? 0) + 1);

  const order = [...waitingFor].filter(([, count]) => count === 0).map(([id]) => id);
  for (const id of order) {
    for (const dependent of dependents.get(id) ?? []) {
      const left = (waitingFor.get(dependent) ?? 0) - 1;
      waitingFor.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  return order;
}

/** The tasks on circles of gating edges, and those on a way from one circle to another. */
export function tasksInCircles<Id extends string>(edges: readonly DependencyEdge<Id>[]): Id[] {
  const ids = new Set(edges.flatMap(({ taskId, dependsOn }) => [taskId, dependsOn]));
  const sorted = new Set(sortable(ids, edges));
  if (sorted.size === ids.size) return [];
  const reversed = edges.map(({ taskId, dependsOn, type }) => ({ taskId: dependsOn, dependsOn: taskId, type }));
  const sortedFromBelow = new Set(sortable(ids, reversed));
  return [...ids].filter((id) => !sorted.has(id) && !sortedFromBelow.has(id));
}

function adjacency<Id extends string, Edge extends DependencyEdge<Id>>(
  edges: Iterable<Edge>,
  ends: (edge: Edge) => [from: Id, to: Id],
): Map<Id, Id[]> {
  const neighbours = new Map<Id, Id[]>();
  for (const edge of edges) {
    if (!isGating(edge.type)) continue;
    const [from, to] = ends(edge);
    const list = neighbours.get(from);
    if (list) list.push(to);
    else neighbours.set(from, [to]);
  }
  return neighbours;
}
