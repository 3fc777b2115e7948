import { Problem } from "@orchestratia/protocol/problems";
import type pg from "pg";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import { type DaemonWorkspaces, hasNoCheckouts } from "./daemon-workspaces.ts";
import { workInFolder } from "./work-in-folder.ts";

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

/** Its daemon may be removing it: longer than it may take to answer nobody waits. */
const IS_DISCARDED = {
  name: "checkout_is_discarded",
  text: `select from engine.checkouts where task_id = $1 and server_id = $2
    and discarding_since > now() - interval '5 minutes'`,
};

const KEEP = {
  name: "keep_checkout",
  text: `insert into engine.checkouts (task_id, server_id, project_id, path, branch) values ($1, $2, $3, $4, $5)
    on conflict (task_id, server_id) do update set path = excluded.path, branch = excluded.branch, came_with_session = false,
      prepared_at = now(), looked_at = null, discarding = null, discarding_since = null`,
};

/**
 * The folder on its server in which a task's own session works: its checkout, made when there is none yet. Where there can
 * be none (a daemon of version 1, no git repository, no `repo` meant) it is `folder` itself, which is recorded, once no other task works
 * there. Undefined when it has to wait, as for one that is being discarded, or when none could be made: that is recorded, and counted like a session that did
 * not start; a server that is gone or does not answer is not, the next pass asks again.
 */
export async function prepareCheckout(
  { pool, events, workspaces }: CheckoutOptions,
  task: AssignedTask,
  { repo, folder }: { repo: string | null; folder: string },
): Promise<string | undefined> {
  const itself = async (reason: string) =>
    (await transaction(pool, (tx) => workInFolder(tx, task, { folder, reason }))) ? folder : undefined;
  if (repo === null) return itself("It names no repository of its server.").finally(() => events.wake());
  const { rows } = await pool.query<{ target_branch: string | null }>({ ...TARGET_BRANCH, values: [task.id] });
  const discarded = await pool.query({ ...IS_DISCARDED, values: [task.id, task.assigned_server_id] });
  if (discarded.rows.length > 0) return undefined;
  const wanted = { task_id: task.id, task_key: task.key, repo, branch: rows[0]?.target_branch ?? null };
  try {
    const worktree = await workspaces.prepare(task.assigned_server_id, wanted);
    const { branch, path, setup } = worktree;
    const details = { branch, path, setup: setup.state, ...(setup.state === "failed" && { output: setup.output }) };
    await transaction(pool, async (tx) => {
      await tx.query(KEEP, [task.id, task.assigned_server_id, task.project_id, path, branch]);
      await record(tx, { ...about(task), type: "task.worktree_prepared", details });
    });
    return worktree.working_dir;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "server_unreachable" || error.code === "daemon_silent") return undefined;
    if (hasNoCheckouts(error)) return await itself(error.detail);
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
