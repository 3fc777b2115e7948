import { Problem } from "@orchestratia/protocol/problems";
import type { CompletionPicture } from "../tasks/completion-picture.ts";
import type { Engine } from "../tasks/engine.ts";

const KEEP = {
  name: "keep_task_diff",
  text: `insert into engine.task_diffs (task_id, project_id, epoch, diff) values ($1, $2, $3, $4)
    on conflict (task_id) do update set epoch = excluded.epoch, diff = excluded.diff, taken_at = now()`,
};

/** Keeps what a task has changed, for when its checkout is gone. A task without a checkout has none; that is no refusal. */
export async function keepDiff(
  engine: Engine,
  { id, project_id, epoch, key }: Pick<CompletionPicture, "id" | "project_id" | "epoch" | "key">,
  serverId: string,
): Promise<void> {
  try {
    const diff = await engine.workspaces.diff(serverId, id);
    await engine.database.sql.query(KEEP, [id, project_id, epoch, JSON.stringify(diff)]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    engine.log.warn({ task: key, server_id: serverId, why: error.detail }, "a completed task's diff is not known");
  }
}
