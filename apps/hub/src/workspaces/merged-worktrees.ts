import { Problem } from "@orchestratia/protocol/problems";
import { SYSTEM } from "../access/caller.ts";
import { type Fact, record } from "../events/activity.ts";
import { BackgroundWork } from "../events/background-work.ts";
import { allAlone } from "../events/each-alone.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { aboutTask } from "../tasks/task-row.ts";
import { discardWorktree } from "./discard-worktree.ts";

/** As SQL over `projects p`; null: for ever. */
const KEPT = `case when p.settings ->> 'keep_merged_worktrees' = 'forever' then null
  else coalesce(p.settings ->> 'keep_merged_worktrees', '24 h')::interval end`;

/** Which of them are merged a daemon is asked at most this often: merging takes people hours. */
const LOOK = {
  name: "look_at_checkouts",
  text: `update engine.checkouts c set looked_at = now() from tasks t join projects p on p.id = t.project_id
    where t.id = c.task_id and c.branch is not null and c.server_id = any($1::uuid[])
      and (c.discarding_since < now() - interval '150 seconds'
        or c.discarding_since is null and t.status in ('done', 'failed', 'cancelled') and t.completed_at < now() - (${KEPT})
          and (c.looked_at is null or c.looked_at < now() - interval '1 hour'))
    returning c.task_id, c.server_id, c.project_id, c.discarding is not null as is_discarding`,
};
/** Whoever asked for it did not hear how that ended, or went down before they could tell. */
const SETTLE = {
  name: "settle_discarding",
  text: `delete from engine.checkouts where task_id = $1 and server_id = $2 and discarding is not null
    returning discarding`,
};
const UNMARK = {
  name: "unmark_unheard_discarding",
  text: `update engine.checkouts set discarding = null, discarding_since = null where server_id = $1
    and task_id = any($2::uuid[]) and discarding_since < now() - interval '150 seconds'`,
};
const FORGET = {
  name: "forget_missing_checkouts",
  text: "delete from engine.checkouts where server_id = $1 and task_id = any($2::uuid[]) and looked_at is not null",
};

type Discarded = Extract<Fact, { type: "task.worktree_discarded" }>;

interface Due {
  task_id: string;
  server_id: string;
  project_id: string;
  is_discarding: boolean;
}

/**
 * Removes the checkouts of tasks that ended some time ago, with their branches, where the base branch has everything that
 * they have and nothing is uncommitted. Which those are only their daemon knows, and it looks again before it removes one.
 * It also finds out how a discarding ended of which nobody heard.
 */
export function mergedWorktrees(
  engine: () => Engine,
  connections: Pick<ServerConnections, "connected" | "versionOf">,
): BackgroundWork {
  return new BackgroundWork({
    log: engine().log,
    failure: "merged worktrees could not be looked for",
    async run(isStopped) {
      const servers = connections.connected().filter((id) => connections.versionOf(id) === 2);
      if (servers.length === 0) return;
      const due = await engine().database.sql.query<Due>(LOOK, [servers]);
      const of = (serverId: string) => due.filter(({ server_id }) => server_id === serverId);
      const asked = [...new Set(due.map(({ server_id }) => server_id))];
      await allAlone(asked.map((serverId) => clean(engine(), { serverId, due: of(serverId), isStopped })));
    },
  });
}

interface Cleaning {
  serverId: string;
  due: readonly Due[];
  isStopped: () => boolean;
}

async function clean(engine: Engine, { serverId, due, isStopped }: Cleaning): Promise<void> {
  const found = await answered(() =>
    engine.workspaces.list(
      serverId,
      due.map(({ task_id }) => task_id),
    ),
  );
  if (!found) return;
  const byTask = new Map(found.map((worktree) => [worktree.task_id, worktree]));
  for (const { task_id, is_discarding } of due)
    if (is_discarding && !byTask.has(task_id)) await settle(engine, task_id, serverId);
  const gone = due.filter(({ task_id }) => !byTask.has(task_id)).map(({ task_id }) => task_id);
  if (gone.length > 0) await engine.database.sql.query(FORGET, [serverId, gone]);
  const stayed = due.filter(({ task_id, is_discarding }) => is_discarding && byTask.has(task_id));
  if (stayed.length > 0) {
    const ids = stayed.map(({ task_id }) => task_id);
    await engine.database.sql.query(UNMARK, [serverId, ids]);
    engine.events.wake();
  }
  for (const { task_id: taskId, project_id: projectId, is_discarding } of due) {
    if (is_discarding) continue;
    const worktree = byTask.get(taskId);
    if (isStopped() || !(worktree?.merged || worktree?.missing)) continue;
    const wanted = { taskId, projectId, serverId, force: false, onlyMerged: true };
    await answered(() => discardWorktree(engine, SYSTEM, wanted));
  }
}

/** Tells what was asked for and came true unheard. */
async function settle(engine: Engine, taskId: string, serverId: string): Promise<void> {
  await onTask(engine, taskId, async (tx, row) => {
    const [gone] = await tx.query<{ discarding: Pick<Discarded, "actor" | "details"> }>(SETTLE, [taskId, serverId]);
    if (!gone) return;
    const { actor, details } = gone.discarding;
    await record(tx, { ...aboutTask(row), server_id: serverId, actor, type: "task.worktree_discarded", details });
  });
  engine.events.wake();
}

/** What a daemon refuses, or is not there for, is asked again the next time. */
async function answered<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
