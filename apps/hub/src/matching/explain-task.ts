import { compareCandidates, explainMatch, type Requirements } from "@orchestratia/domain/matching";
import { Problem } from "@orchestratia/protocol/problems";
import type { MatchExplanation } from "@orchestratia/protocol/tasks";
import type { ServerId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Engine } from "../tasks/engine.ts";

/** Every server of the task's project, the likeliest first, with what speaks for and against it. Throws task_not_found. */
export async function explainTask(
  { database, fleet }: Pick<Engine, "database" | "fleet">,
  taskId: TaskId,
): Promise<MatchExplanation> {
  const [task] = await database.sql.query<{ project_id: string; requirements: Requirements }>(
    "select project_id, requirements from tasks where id = $1",
    [taskId],
  );
  if (!task) throw new Problem("task_not_found");
  const candidates = await fleet.read(task.project_id);
  const explained = candidates
    .map((candidate) => ({ candidate, ...explainMatch(task.requirements, candidate) }))
    .sort((left, right) => Number(right.eligible) - Number(left.eligible) || compareCandidates(left, right));
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
  };
}
