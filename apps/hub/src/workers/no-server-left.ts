import { meetsHardRequirements, type Requirements } from "@orchestratia/domain/matching";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { allOf } from "../epics/all-changes.ts";
import { eachAlone } from "../events/each-alone.ts";
import { assignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { failLocked } from "../tasks/fail-task.ts";
import { inProject } from "../tasks/move.ts";
import { lockTask } from "../tasks/task-row.ts";

interface Tried {
  id: string;
  project_id: string;
  requirements: Requirements;
  tried_servers: string[];
}

/** The servers that have what a task needs, those on which no session could be started for it apart. */
interface Able {
  tried: { id: string; name: string }[];
  untried: { id: string; name: string }[];
}

/** `$1` limits it to one task. */
const TRIED = {
  name: "pending_after_failed_starts",
  text: `select t.id, t.project_id, t.requirements, t.tried_servers from tasks t
    where t.status = 'pending' and cardinality(t.tried_servers) > 0 and t.blockers = 0 and t.auto_assign
      and t.eligible_at <= now() and ($1::uuid is null or t.id = $1)
    order by t.project_id, t.id`,
};

/** Whether they are online does not matter: it waits for those that could still take it. */
export async function ableServers(
  engine: Engine,
  { project_id, requirements, tried_servers }: Omit<Tried, "id">,
): Promise<Able> {
  const servers = await engine.fleet.read(project_id);
  const able = servers.filter(({ capabilities }) => meetsHardRequirements(requirements, capabilities));
  const tried = able.filter(({ id }) => tried_servers.includes(id));
  return { tried, untried: able.filter((server) => !tried.includes(server)) };
}

export const noServerLeft = (names: readonly string[]): string =>
  `No session could be started for it on ${names.join(" or ")}, and no other server is left to try.`;

/**
 * What went back to the queue to be tried elsewhere fails where there is no elsewhere any more: the server that was left
 * may be gone, or not have what the task needs.
 */
export async function failWithoutServer(engine: Engine): Promise<void> {
  const waiting = await engine.database.sql.query<Tried>(TRIED, [null]);
  await eachAlone(waiting, async (found) => {
    if (!isOver(await ableServers(engine, found))) return;
    const changes = await inProject(engine, found.project_id, (tx) => fail(engine, tx, found.id));
    if (changes) afterCommit(engine, changes);
  });
}

/** Where no server at all has what it needs, one that has it may yet be registered. */
const isOver = ({ tried, untried }: Able): boolean => tried.length > 0 && untried.length === 0;

async function fail(engine: Engine, tx: Tx, taskId: string): Promise<Changes | undefined> {
  const task = await lockTask(tx, taskId);
  const [found] = await tx.query<Tried>(TRIED, [taskId]);
  const able = found && (await ableServers(engine, found));
  if (!able || !isOver(able)) return undefined;
  // A task in the queue does not fail: it ends where its session could not be started.
  const last = able.tried.find(({ id }) => id === found.tried_servers.at(-1)) ?? able.tried[0];
  const assigned = await assignLocked(tx, SYSTEM, task, { server_id: last?.id as ServerId });
  const failed = await failLocked(tx, SYSTEM, await lockTask(tx, taskId), {
    error: noServerLeft(able.tried.map(({ name }) => name)),
  });
  return allOf(task.project_id, [{ projectId: task.project_id, places: assigned.places }, failed]);
}
