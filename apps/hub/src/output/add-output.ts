import { Problem } from "@orchestratia/protocol/problems";
import type { NewTaskOutput, TaskOutput } from "@orchestratia/protocol/task-output";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { aboutTask, type TaskRow } from "../tasks/task-row.ts";
import { heldBy, workerOf } from "../tasks/worker.ts";

/** Characters of output that one task may have, tails aside. */
const TASK_OUTPUT_MAX = 16 * 1024 * 1024;

export type AddedOutput = Omit<TaskOutput, "content">;

const SIZE = {
  name: "task_output_size",
  text: "select coalesce(sum(length(content)), 0)::float8 as size from task_output where task_id = $1 and stream <> 'tail'",
};
const ADD = {
  name: "add_task_output",
  text: `insert into task_output (project_id, task_id, seq, stream, content, epoch)
    select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5 from task_output where task_id = $2
    returning seq, stream, epoch, created_at`,
};

/**
 * Appends to the output of the caller's task; whoever held its last lease may still do so after it settled. Pieces stand
 * in the order in which they came. Throws `not_the_worker`, `stale_lease`, `body_too_large` when the task has as much as
 * one may have.
 */
export async function addOutput(
  engine: Engine,
  caller: Caller,
  taskId: string,
  output: NewTaskOutput,
): Promise<AddedOutput> {
  const added = await onTask(engine, taskId, async (tx, task) => {
    if (task.lease_open || !heldBy(task, caller)) workerOf(task, caller);
    const [has] = await tx.query<{ size: number }>(SIZE, [taskId]);
    if ((has?.size ?? 0) + output.content.length > TASK_OUTPUT_MAX) {
      throw new Problem("body_too_large", `${task.key} has ${TASK_OUTPUT_MAX} characters of output; it takes no more.`);
    }
    return insertOutput(tx, caller, task, output);
  });
  engine.events.wake();
  return added;
}

/** Under the task's lock, so that pieces are numbered one after the other. */
export async function insertOutput(
  tx: Tx,
  caller: Caller,
  task: Pick<TaskRow, "id" | "project_id" | "epoch">,
  { stream, content }: { stream: TaskOutput["stream"]; content: string },
): Promise<AddedOutput> {
  const [row] = await tx.query<{ seq: number; stream: TaskOutput["stream"]; epoch: number; created_at: Date }>(ADD, [
    task.project_id,
    task.id,
    stream,
    content,
    task.epoch,
  ]);
  const { created_at, ...added } = row as NonNullable<typeof row>;
  await record(tx, {
    ...aboutTask(task),
    server_id: serverOf(caller),
    type: "task.output_added",
    actor: actorOf(caller),
    details: { stream, seq: added.seq, bytes: Buffer.byteLength(content) },
  });
  return { ...added, created_at: created_at.toISOString() };
}

function serverOf(caller: Caller): string | null {
  if (caller.kind === "session") return caller.serverId;
  return caller.kind === "server" ? caller.id : null;
}
