import type { NewTask } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { specColumns } from "./write-spec.ts";

export interface TaskInsertion {
  id: string;
  projectId: string;
  parentId: string | null;
  /** Sort key among the parent's children; null without a parent. */
  position: number | null;
  sourceSessionId: string | null;
  /** Until then the matcher leaves it alone: clients that create in several calls need a moment for the others. */
  eligibleInSeconds: number;
}

const NUMBER = {
  name: "next_task_numbers",
  text: "update projects set next_task_number = next_task_number + $2 where id = $1 returning key, next_task_number - $2 as first",
};

/** Reserves as many numbers in the project; keys are its key and a number. */
export async function takeNumbers(tx: Tx, projectId: string, count: number): Promise<{ key: string; first: number }> {
  const [row] = await tx.query<{ key: string; first: number }>(NUMBER, [projectId, count]);
  return row as { key: string; first: number };
}

const INSERT = {
  name: "insert_task",
  text: `insert into tasks (id, project_id, number, key, title, spec, structured_spec, requirements, type, priority, labels,
      acceptance_criteria, target_repo, target_branch, require_plan, require_review, auto_assign, parent_id,
      position, exec_mode, source_session_id, created_by, eligible_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
      $21, $22, now() + make_interval(secs => $23))`,
};

/** Inserts a pending task and records it. */
export async function insertTask(
  tx: Tx,
  caller: Caller,
  task: Omit<NewTask, "dependencies" | "dependency_ids" | "parent_id" | "after" | "before" | "place">,
  { id, projectId, parentId, position, sourceSessionId, eligibleInSeconds }: TaskInsertion,
  number: { key: string; number: number },
): Promise<void> {
  const { structured_spec, requirements } = specColumns(task.structured_spec);
  const key = `${number.key}-${number.number}`;
  await tx.query(INSERT, [
    id,
    projectId,
    number.number,
    key,
    task.title,
    task.spec,
    structured_spec === null ? null : JSON.stringify(structured_spec),
    JSON.stringify(requirements),
    task.type,
    task.priority,
    task.labels,
    task.acceptance_criteria ?? [],
    task.target_repo ?? null,
    task.target_branch ?? null,
    task.require_plan ?? null,
    task.require_review ?? null,
    task.auto_assign,
    parentId,
    position,
    task.exec_mode ?? null,
    sourceSessionId,
    JSON.stringify(actorOf(caller)),
    eligibleInSeconds,
  ]);
  await record(tx, {
    type: "task.created",
    project_id: projectId,
    task_id: id,
    session_id: sourceSessionId,
    actor: actorOf(caller),
    details: { key, title: task.title, type: task.type, priority: task.priority },
  });
}
