import { Problem } from "@orchestratia/protocol/problems";
import type { WorkspaceDiff } from "@orchestratia/protocol/workspace";
import type { Tx } from "../db/transaction.ts";
import type { CompletionPicture } from "../tasks/completion-picture.ts";
import type { Engine } from "../tasks/engine.ts";

const KEEP = {
  name: "keep_task_diff",
  text: `insert into engine.task_diffs (task_id, project_id, epoch, diff) values ($1, $2, $3, $4)
    on conflict (task_id) do update set epoch = excluded.epoch, diff = excluded.diff, taken_at = now()`,
};
/** Only while what was handed in is what the checkout holds. */
const KEEP_LATER = {
  name: "keep_task_diff_later",
  text: `insert into engine.task_diffs (task_id, project_id, epoch, diff)
    select id, project_id, $3, $4 from tasks
    where id = $1 and project_id = $2 and epoch = $3 and status in ('review', 'done')
    on conflict do nothing`,
};
const FORGET = { name: "forget_task_diff", text: "delete from engine.task_diffs where task_id = $1" };
const TAKE_ALONG = {
  name: "task_diff_next_epoch",
  text: "update engine.task_diffs set epoch = epoch + 1 where task_id = $1 and epoch = $2",
};

type Handed = Pick<CompletionPicture, "id" | "project_id" | "epoch" | "key">;

/**
 * Keeps what a task has changed, for when its checkout is gone. A task without a checkout has none; that is no refusal, but
 * what was kept of earlier work is forgotten then. Resolves to "away" when its daemon cannot be asked now.
 */
export async function keepDiff(engine: Engine, task: Handed, serverId: string): Promise<"kept" | "none" | "away"> {
  const { sql } = engine.database;
  const diff = await askedDiff(engine, task, serverId);
  if (diff instanceof Problem) {
    await sql.query(FORGET, [task.id]);
    return diff.code === "server_unreachable" ? "away" : "none";
  }
  await sql.query(KEEP, [task.id, task.project_id, task.epoch, JSON.stringify(diff)]);
  return "kept";
}

/** The same for a completion that went through without it. What was done since then is no part of it. */
export async function keepDiffLater(engine: Engine, task: Handed, serverId: string): Promise<void> {
  const diff = await askedDiff(engine, task, serverId);
  if (diff instanceof Problem) return;
  await engine.database.sql.query(KEEP_LATER, [task.id, task.project_id, task.epoch, JSON.stringify(diff)]);
}

/** What a worker handed in that gets its task back by that is of the lease which it gets. */
export async function takeDiffAlong(tx: Tx, task: Pick<Handed, "id" | "epoch">): Promise<void> {
  await tx.query(TAKE_ALONG, [task.id, task.epoch]);
}

async function askedDiff(engine: Engine, { id, key }: Handed, serverId: string): Promise<WorkspaceDiff | Problem> {
  try {
    return await engine.workspaces.diff(serverId, id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    engine.log.warn({ task: key, server_id: serverId, why: error.detail }, "a completed task's diff is not known");
    return error;
  }
}
