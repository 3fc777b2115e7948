import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import type { NewDependency, NewTask } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { dependencyFact, insertDependency, type NewEdge } from "../dependencies/insert-dependency.ts";
import { lockOrderedFamily } from "../epics/family.ts";
import { openParent } from "../epics/open-parent.ts";
import { keepOrder } from "../epics/order-edges.ts";
import { siblingPosition } from "../epics/sibling-position.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { insertTask, takeNumbers } from "./insert-task.ts";
import { inProject } from "./move.ts";
import { lockTasks } from "./task-row.ts";
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
  if (parentId === null && (task.after || task.before || task.place)) {
    throw new Problem("invalid_request", "Only a task with a parent has a place among others; give parent_id too.");
  }
  const edges = edgesOf(taskId, task);
  const created = await inProject(engine, projectId, async (tx) => {
    // Everything that is there already is locked at once, in the order of the ids.
    const upstreams = edges.map(({ upstreamId }) => upstreamId);
    const family = parentId === null ? [] : [parentId];
    if (parentId !== null) await lockOrderedFamily(tx, family, upstreams);
    const existing = await lockTasks(tx, [...family, ...upstreams]);
    const parent = parentId === null ? undefined : existing.find(({ id }) => id === parentId);
    if (parentId !== null && !parent) throw new Problem("task_not_found");
    const { places, released, told } = parent
      ? await openParent(tx, caller, parent)
      : { places: [], released: [], told: false };
    const position = parentId === null ? null : await siblingPosition(tx, parentId, task);
    const { key, first } = await takeNumbers(tx, projectId, 1);
    await insertTask(
      tx,
      caller,
      task,
      {
        id: taskId,
        projectId,
        parentId,
        position,
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
    if (parentId === null) return { warnings, places, released };
    const order = await keepOrder(tx, caller, projectId, [taskId], "refuse");
    return {
      warnings,
      told,
      ...order,
      places: [...places, ...order.places],
      released: [...released, ...order.released],
    };
  });
  const { warnings, ...changes } = created;
  afterCommit(engine, { projectId, ...changes, placeable: true });
  return { taskId, warnings: [...specWarnings, ...warnings] };
}

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
