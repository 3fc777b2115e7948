import { bestByScan, type Candidate, type Requirements } from "@orchestratia/domain/matching";
import { comparePending } from "@orchestratia/domain/pending-queue";
import type { TaskPriority } from "@orchestratia/domain/task-lifecycle";
import type { NewPipeline, PipelinePlacement } from "@orchestratia/protocol/pipelines";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import type { Sql } from "../db/transaction.ts";
import { whyNotPlaced } from "../tasks/waiting-for.ts";

/** A task of a dry run, as it stands before the transaction is taken back. */
export interface TriedTask {
  id: string;
  priority: TaskPriority;
  blockers: number;
  requirements: Requirements;
  auto_assign: boolean;
  eligible_at: Date;
  assigned_server_id: ServerId | null;
  assigned_server_name: string | null;
  is_container: boolean;
}

const TRIED = {
  name: "tried_tasks",
  text: `select t.id, t.priority::text as priority, t.blockers, t.requirements, t.auto_assign, t.eligible_at,
      t.assigned_server_id, s.name as assigned_server_name,
      t.type = 'epic' or exists (select from tasks child where child.parent_id = t.id) as is_container
    from tasks t left join servers s on s.id = t.assigned_server_id
    where t.id = any($1::uuid[]) order by array_position($1::uuid[], t.id)`,
};

export function readTried(sql: Sql, ids: readonly string[]): Promise<TriedTask[]> {
  return sql.query<TriedTask>(TRIED, [ids]);
}

type Choice = Pick<PipelinePlacement, "server_id" | "server_name" | "reason">;
const nowhere = (reason: string): Choice => ({ server_id: null, server_name: null, reason });

/**
 * Where each task would go, given the servers as they are now. Those that wait for nothing take places from one another,
 * in the order in which the matcher would place them; each of the others is looked at as if it were alone.
 */
export function placementsOf(
  { tasks }: NewPipeline,
  tried: readonly TriedTask[],
  servers: readonly Candidate[],
): PipelinePlacement[] {
  const fleet = new Map(servers.map((server) => [server.id, { ...server }]));
  const chosen = new Map<string, Choice>();
  const inOrder = tried
    .map((task) => ({ task, id: task.id, priority: task.priority, eligibleAt: task.eligible_at.getTime() }))
    .sort(comparePending);
  for (const { task } of inOrder) {
    const waits = task.blockers > 0;
    const choice = choiceFor(task, waits ? servers : [...fleet.values()]);
    const server = choice.server_id === null || waits ? undefined : fleet.get(choice.server_id);
    if (server && task.assigned_server_id === null) server.activeTasks += 1;
    chosen.set(task.id, choice);
  }
  return tried.map((task, index) => ({
    index,
    id: tasks[index]?.id ?? null,
    title: tasks[index]?.title ?? "",
    blocked: task.blockers > 0,
    ...(chosen.get(task.id) as Choice),
  }));
}

function choiceFor(task: TriedTask, servers: readonly Candidate[]): Choice {
  if (task.is_container) return nowhere("Done when its children are");
  if (task.assigned_server_id !== null) {
    return { server_id: task.assigned_server_id, server_name: task.assigned_server_name, reason: null };
  }
  if (!task.auto_assign) return nowhere("Not to be assigned automatically");
  const placing = { waits: task.requirements.waitForPreferredMs !== undefined };
  const best = bestByScan(task.requirements, servers, placing);
  if (best) return { server_id: best.id as ServerId, server_name: best.name, reason: null };
  return nowhere(whyNotPlaced(task.requirements, servers, placing) ?? "No server takes it now");
}
