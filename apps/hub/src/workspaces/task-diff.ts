import type { TaskDiff } from "@orchestratia/protocol/operations/workspaces";
import { Problem } from "@orchestratia/protocol/problems";
import type { WorkspaceDiff } from "@orchestratia/protocol/workspace";
import type { Engine } from "../tasks/engine.ts";

const KEPT = {
  name: "kept_task_diff",
  text: `select d.diff, t.key, coalesce(t.assigned_server_id,
      (select server_id from engine.leases where task_id = t.id order by epoch desc limit 1)) as server_id
    from tasks t left join engine.task_diffs d on d.task_id = t.id and d.epoch = t.epoch where t.id = $1`,
};

/** What a task has changed. Throws diff_not_found, and what asking a daemon throws. */
export async function taskDiff(
  { database, workspaces }: Pick<Engine, "database" | "workspaces">,
  taskId: string,
  source: TaskDiff["source"] | undefined,
): Promise<TaskDiff> {
  const [row] = await database.sql.query<{ diff: WorkspaceDiff | null; key: string; server_id: string | null }>(KEPT, [
    taskId,
  ]);
  if (!row) throw new Problem("task_not_found");
  if (source !== "checkout" && row.diff) return { ...row.diff, source: "completion" };
  if (source === "completion") {
    throw new Problem(
      "diff_not_found",
      `No diff was kept of ${row.key}: it was not completed in a checkout of its own, or its daemon was away.`,
    );
  }
  if (row.server_id === null) throw new Problem("diff_not_found", `${row.key} was never given to a server.`);
  return { ...(await workspaces.diff(row.server_id, taskId)), source: "checkout" };
}
