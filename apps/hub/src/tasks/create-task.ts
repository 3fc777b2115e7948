import { randomUUID } from "node:crypto";
import { isSettled, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import type { NewDependency, NewTask } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { dependencyFact, insertDependency, type NewEdge } from "../dependencies/insert-dependency.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { insertTask, takeNumbers } from "./insert-task.ts";
import { inProject } from "./move.ts";
import type { Places } from "./task-row.ts";
import { inspectSpec } from "./write-spec.ts";

/** Agents add edges and assignments in further calls: the matcher gives them this long. */
const AGENT_ELIGIBLE_SECONDS = 10;

/**
 * Creates a task with its dependencies; references are ids already. Throws `contract_schema_invalid`, `parent_settled`
 * and what an edge can be refused for.
 */
export async function createTask(
  engine: Engine,
  caller: Caller,
  projectId: string,
  task: NewTask,
): Promise<{ taskId: string; warnings: string[] }> {
  const warnings = await inspectSpec(engine.schemas, task.structured_spec);
  const taskId = randomUUID();
  const places = await inProject(engine, projectId, async (tx) => {
    if (task.parent_id) await requireOpenParent(tx, task.parent_id);
    const { key, first } = await takeNumbers(tx, projectId, 1);
    await insertTask(
      tx,
      caller,
      task,
      {
        id: taskId,
        projectId,
        parentId: task.parent_id ?? null,
        sourceSessionId: await sourceSession(tx, projectId, caller, task.session_id),
        eligibleInSeconds: caller.kind === "session" || caller.kind === "server" ? AGENT_ELIGIBLE_SECONDS : 0,
      },
      { key, number: first },
    );
    const changed: Places = [];
    for (const edge of edgesOf(taskId, task)) {
      const inserted = await insertDependency(tx, edge, (from, to) =>
        dependencyFact("dependency.added", from, to, edge, actorOf(caller)),
      );
      changed.push(...inserted.places);
      warnings.push(...inserted.warnings);
    }
    return changed;
  });
  afterCommit(engine, { projectId, places, placeable: true });
  return { taskId, warnings };
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

async function requireOpenParent(tx: Tx, parentId: string): Promise<void> {
  const [parent] = await tx.query<{ key: string; status: TaskStatus }>(
    "select key, status::text as status from tasks where id = $1 for update",
    [parentId],
  );
  if (!parent) throw new Problem("task_not_found");
  if (isSettled(parent.status)) throw new Problem("parent_settled", `${parent.key} is ${parent.status}.`);
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
