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
/** JSON's null stands for a diff that is to be asked for. */
const MARK_MISSING = JSON.stringify(null);
/** Only while the task still is where that completion left it. */
const KEEP_LATER = {
  name: "keep_task_diff_later",
  text: `update engine.task_diffs d set diff = $3, taken_at = now() from tasks t
    where d.task_id = $1 and d.epoch = $2 and d.diff = 'null' and t.id = d.task_id and t.epoch = d.epoch
      and t.status in ('review', 'done')`,
};
const UNMARK = {
  name: "unmark_missing_task_diff",
  text: "delete from engine.task_diffs where task_id = $1 and epoch = $2 and diff = 'null'",
};
const FORGET = { name: "forget_task_diff", text: "delete from engine.task_diffs where task_id = $1" };
const TAKE_ALONG = {
  name: "task_diff_next_epoch",
  text: "update engine.task_diffs set epoch = epoch + 1 where task_id = $1 and epoch = $2",
};

export type Handed = Pick<CompletionPicture, "id" | "project_id" | "epoch" | "key">;

/**
 * Keeps what a task has changed, for when its checkout is gone. A task without a checkout has none; that is no refusal, but
 * what was kept of earlier work is forgotten then. Where its daemon is away, that it is missing is written down.
 */
export async function keepDiff(engine: Engine, task: Handed, serverId: string): Promise<void> {
  const { sql } = engine.database;
  const diff = await askedDiff(engine, task, serverId);
  if (diff instanceof Problem && !isAway(diff)) await sql.query(FORGET, [task.id]);
  else {
    const kept = diff instanceof Problem ? MARK_MISSING : JSON.stringify(diff);
    await sql.query(KEEP, [task.id, task.project_id, task.epoch, kept]);
  }
}

/**
 * The same for a completion that went through without it: what its checkout holds by now, unless the task has gone on since.
 * False when its daemon is away again.
 */
export async function keepDiffLater(engine: Engine, task: Handed, serverId: string): Promise<boolean> {
  const { sql } = engine.database;
  const diff = await askedDiff(engine, task, serverId);
  if (diff instanceof Problem && isAway(diff)) return false;
  if (diff instanceof Problem) await sql.query(UNMARK, [task.id, task.epoch]);
  else await sql.query(KEEP_LATER, [task.id, task.epoch, JSON.stringify(diff)]);
  return true;
}

/** A machine that has just come back may have too much to do to answer in time. */
const isAway = ({ code }: Problem): boolean => code === "server_unreachable" || code === "daemon_silent";

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
