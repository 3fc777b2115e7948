import { randomUUID } from "node:crypto";
import { isSettled } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import type { NewDependency, NewTask } from "@orchestratia/protocol/tasks";
import { mustHaveRoomForChild } from "../access/agent-powers.ts";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { dependencyFact, insertDependency, type NewEdge } from "../dependencies/insert-dependency.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { insertTask, takeNumbers } from "./insert-task.ts";
import { BACK_TO_PENDING, inProject } from "./move.ts";
import { aboutTask, lockTasks, moveDetails, type Places, type TaskRow, writeTask } from "./task-row.ts";
import { inspectSpec } from "./write-spec.ts";

/** Agents add edges and assignments in further calls: the matcher gives them this long. */
const AGENT_ELIGIBLE_SECONDS = 10;

/**
 * Creates a task with its dependencies; references are ids already. Throws `contract_schema_invalid`, `parent_settled`,
 * `forbidden` when a worker has made as many children as it may, and what an edge can be refused for.
 */
export async function createTask(
  engine: Engine,
  caller: Caller,
  projectId: string,
  task: NewTask,
): Promise<{ taskId: string; warnings: string[] }> {
  const specWarnings = await inspectSpec(engine.schemas, task.structured_spec);
  const taskId = randomUUID();
  const parentId = task.parent_id ?? null;
  const edges = edgesOf(taskId, task);
  const created = await inProject(engine, projectId, async (tx) => {
    // Everything that is there already is locked at once, in the order of the ids.
    const upstreams = edges.map(({ upstreamId }) => upstreamId);
    const existing = await lockTasks(tx, parentId === null ? upstreams : [parentId, ...upstreams]);
    const parent = parentId === null ? undefined : existing.find(({ id }) => id === parentId);
    if (parentId !== null && !parent) throw new Problem("task_not_found");
    const places = parent ? await openParent(tx, caller, parent) : [];
    const { key, first } = await takeNumbers(tx, projectId, 1);
    await insertTask(
      tx,
      caller,
      task,
      {
        id: taskId,
        projectId,
        parentId,
        sourceSessionId: await sourceSession(tx, projectId, caller, task.session_id),
        eligibleInSeconds: caller.kind === "session" || caller.kind === "server" ? AGENT_ELIGIBLE_SECONDS : 0,
      },
      { key, number: first },
    );
    const warnings: string[] = [];
    for (const edge of edges) {
      const inserted = await insertDependency(tx, edge, (from, to) =>
        dependencyFact("dependency.added", from, to, edge, actorOf(caller)),
      );
      places.push(...inserted.places);
      warnings.push(...inserted.warnings);
    }
    return { places, warnings, released: parent && isUnstarted(parent) ? [parent.id] : [] };
  });
  const { places, released, warnings } = created;
  afterCommit(engine, { projectId, places, released, placeable: true });
  return { taskId, warnings: [...specWarnings, ...warnings] };
}

const isUnstarted = (parent: TaskRow): boolean => parent.status === "assigned" && parent.epoch === 0;

function edgesOf(taskId: string, task: NewTask): NewEdge[] {
  const plain: NewDependency[] = (task.dependency_ids ?? []).map((id) => ({
    depends_on_task_id: id,
    dependency_type: "blocks",
  }));
  return [...plain, ...(task.dependencies ?? [])].map((dependency) => ({
    taskId,
    upstreamId: dependency.depends_on_task_id,
    type: dependency.dependency_type,
    contractKey: dependency.contract_key ?? null,
    alias: dependency.alias ?? null,
  }));
}

/** Whether the locked parent may have one more child. One that was assigned and not begun is not to be worked on any more. */
async function openParent(tx: Tx, caller: Caller, parent: TaskRow): Promise<Places> {
  if (isSettled(parent.status)) throw new Problem("parent_settled", `${parent.key} is ${parent.status}.`);
  const [has] = await tx.query<{ children: number }>(
    "select count(*)::int as children from tasks where parent_id = $1",
    [parent.id],
  );
  mustHaveRoomForChild(caller, { key: parent.key, children: has?.children ?? 0 });
  if (!isUnstarted(parent)) return [];
  return writeTask(tx, parent, BACK_TO_PENDING, {
    ...aboutTask(parent),
    type: "task.unassigned",
    actor: actorOf(SYSTEM),
    details: { ...moveDetails(parent, "pending"), reason: "it has children now, which settle it" },
  });
}

/** The creating session: the caller itself, or the one that a version 1 client names, if it is of this project. */
async function sourceSession(
  tx: Tx,
  projectId: string,
  caller: Caller,
  named: string | null | undefined,
): Promise<string | null> {
  if (caller.kind === "session") return caller.id;
  if (caller.kind !== "server" || !named) return null;
  const [session] = await tx.query<{ id: string }>("select id from sessions where id::text = $1 and project_id = $2", [
    named.toLowerCase(),
    projectId,
  ]);
  return session?.id ?? null;
}
