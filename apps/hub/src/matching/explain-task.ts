import { awaitedByScan, explainPlacing, type Requirements } from "@orchestratia/domain/matching";
import { Problem } from "@orchestratia/protocol/problems";
import type { MatchExplanation } from "@orchestratia/protocol/tasks";
import type { ServerId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Engine } from "../tasks/engine.ts";
import { WAITS_UNTIL } from "./preferred-wait.ts";

interface Row {
  project_id: string;
  requirements: Requirements;
  tried_servers: string[];
  is_pending: boolean;
  /** Null where the wait for the preferred server has not begun. */
  waits_until: Date | null;
  is_over: boolean;
}

const READ = {
  name: "task_to_explain",
  text: `select t.project_id, t.requirements, t.tried_servers, t.status = 'pending' as is_pending,
      case when could_be_placed then waits_until end as waits_until,
      coalesce(could_be_placed and waits_until <= now(), false) as is_over
    from (select t.*, t.blockers = 0 and t.auto_assign as could_be_placed, ${WAITS_UNTIL} as waits_until
      from tasks t where t.id = $1) as t`,
};

/** Every server of the task's project, the likeliest first, with what speaks for and against it. Throws task_not_found. */
export async function explainTask(
  { database, fleet }: Pick<Engine, "database" | "fleet">,
  taskId: TaskId,
): Promise<MatchExplanation> {
  const [task] = await database.sql.query<Row>(READ, [taskId]);
  if (!task) throw new Problem("task_not_found");
  const { requirements } = task;
  const candidates = await fleet.read(task.project_id);
  const tried = new Set(task.tried_servers);
  const waits = task.is_pending && requirements.waitForPreferredMs !== undefined && !task.is_over;
  const awaited = waits ? awaitedByScan(requirements, candidates, tried) : undefined;
  const explained = explainPlacing(requirements, candidates, { tried, waits });
  const best = explained.find(({ eligible }) => eligible);
  return {
    task_id: taskId,
    servers: explained.map(({ candidate, score, eligible, disqualifiers, criteria }) => ({
      server_id: candidate.id as ServerId,
      server_name: candidate.name,
      score,
      eligible,
      disqualifiers,
      criteria,
      active_tasks: candidate.activeTasks,
      max_concurrent: candidate.maxConcurrent,
    })),
    best_server_id: (best?.candidate.id as ServerId | undefined) ?? null,
    waits_for: awaited
      ? {
          server_id: awaited.id as ServerId,
          server_name: awaited.name,
          until: task.waits_until?.toISOString() ?? null,
        }
      : null,
  };
}
