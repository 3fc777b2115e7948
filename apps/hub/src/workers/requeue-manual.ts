import { actorOf } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import type { HubChoice } from "../interventions/hub-choice.ts";
import { raiseHubQuestion } from "../interventions/hub-question.ts";
import { aboutTask, type TaskRow, writeTask } from "../tasks/task-row.ts";

const LET_THE_HUB = "Let the hub choose";
const LEAVE_IT = "Leave it";

/** A task that was taken from a lost worker and that the matcher may not place: a person has to. */
export async function askWhoShallDoIt(tx: Tx, task: Pick<TaskRow, "id" | "project_id" | "key">): Promise<void> {
  await raiseHubQuestion(tx, {
    project_id: task.project_id,
    task_id: task.id,
    cause: "requeue_manual",
    question: `${task.key} was taken from a worker that is lost, and it is not to be assigned automatically. Who shall do it?`,
    options: [LET_THE_HUB, LEAVE_IT],
  });
}

/** The answers to that; a person who assigns the task has answered, too. */
export const requeueManualChoice: HubChoice = {
  options: [LET_THE_HUB, LEAVE_IT],
  async choose({ tx, caller, task, choice }) {
    if (choice !== LET_THE_HUB || task.auto_assign || task.status !== "pending") return undefined;
    const places = await writeTask(
      tx,
      task,
      { auto_assign: true },
      { ...aboutTask(task), type: "task.updated", actor: actorOf(caller), details: { fields: ["auto_assign"] } },
    );
    return { projectId: task.project_id, places, placeable: true };
  },
};
