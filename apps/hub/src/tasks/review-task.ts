import { actorOf } from "../access/caller.ts";
import type { CompletionPicture } from "./completion-picture.ts";
import { afterCommit, type Engine } from "./engine.ts";
import type { CompletionRequest, Judgement } from "./judge-completion.ts";
import { cancelQuestions, decide, onTask } from "./move.ts";
import { aboutTask, json, moveDetails, writeTask } from "./task-row.ts";

/** The task's version is another than the one that was judged. */
export class TaskMoved extends Error {}

/** Puts a judged result before a person: the lease stays open until they have decided. Throws TaskMoved. */
export async function reviewTask(
  engine: Engine,
  { caller, completion, move }: CompletionRequest,
  picture: CompletionPicture,
  judgement: Extract<Judgement, { kind: "settle" }>,
): Promise<void> {
  await onTask(engine, picture.id, async (tx, task) => {
    if (task.version !== picture.version) throw new TaskMoved();
    decide(task, move, { reviewRequired: true });
    await cancelQuestions(tx, task, caller, "worker");
    await writeTask(
      tx,
      task,
      {
        status: "review",
        resume_status: null,
        result: json(judgement.result),
        contract_status: judgement.check.status,
        git_diff_stats: json(completion.git_diff_stats),
      },
      {
        ...aboutTask(task),
        type: "task.submitted",
        session_id: judgement.session,
        actor: actorOf(caller),
        details: moveDetails(task, "review"),
      },
    );
  });
  afterCommit(engine, { projectId: picture.project_id });
}
