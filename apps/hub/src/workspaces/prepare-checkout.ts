import { Problem } from "@orchestratia/protocol/problems";
import type pg from "pg";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import type { DaemonWorkspaces } from "./daemon-workspaces.ts";

export interface CheckoutOptions {
  pool: pg.Pool;
  events: { wake(): void };
  workspaces: DaemonWorkspaces;
}

const TARGET_BRANCH = { name: "checkout_target_branch", text: "select target_branch from tasks where id = $1" };
const COUNT_FAILURE = {
  name: "count_checkout_failure",
  text: "update tasks set start_failures = start_failures + 1 where id = $1 and status = 'assigned'",
};

/**
 * The folder on its server in which a task's own session works: its checkout, made when there is none yet. Undefined when
 * none could be made: that is recorded, and counted like a session that did not start; a server that is gone or does not
 * answer is not, the next pass asks again.
 */
export async function prepareCheckout(
  { pool, events, workspaces }: CheckoutOptions,
  task: AssignedTask,
  repo: string,
): Promise<string | undefined> {
  const { rows } = await pool.query<{ target_branch: string | null }>({ ...TARGET_BRANCH, values: [task.id] });
  const wanted = { task_id: task.id, task_key: task.key, repo, branch: rows[0]?.target_branch ?? null };
  try {
    const worktree = await workspaces.prepare(task.assigned_server_id, wanted);
    const { branch, path, setup } = worktree;
    const details = { branch, path, setup: setup.state, ...(setup.state === "failed" && { output: setup.output }) };
    await transaction(pool, (tx) => record(tx, { ...about(task), type: "task.worktree_prepared", details }));
    return worktree.working_dir;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "server_unreachable" || error.code === "daemon_silent") return undefined;
    await transaction(pool, async (tx) => {
      await tx.query(COUNT_FAILURE, [task.id]);
      await record(tx, { ...about(task), type: "task.worktree_failed", details: { error: error.detail } });
    });
    return undefined;
  } finally {
    events.wake();
  }
}

const about = (task: AssignedTask) => ({
  project_id: task.project_id,
  task_id: task.id,
  server_id: task.assigned_server_id,
  actor: actorOf(SYSTEM),
});
