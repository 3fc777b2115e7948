import { SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { eachAlone } from "../events/each-alone.ts";
import type { HubChoice } from "../interventions/hub-choice.ts";
import { raiseHubQuestion } from "../interventions/hub-question.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { failLocked } from "../tasks/fail-task.ts";
import { inProject } from "../tasks/move.ts";
import { requeueLocked } from "../tasks/requeue-task.ts";
import { lockTask, type TaskRow } from "../tasks/task-row.ts";
import { findLostWorker, isStarted, type LostWorker, waitForLostWorker } from "./lost-worker.ts";
import { askWhoShallDoIt } from "./requeue-manual.ts";

/** Applied together at most; the next ones in the next turn. */
const BATCH = 100;

const DUE = {
  name: "lost_workers_due",
  text: `select task_id, project_id from engine.leases
    where closed_at is null and lost_since is not null and act_at <= now() order by act_at limit ${BATCH}`,
};
const CLOCK_OFF = {
  name: "stop_lost_clock",
  text: "update engine.leases set act_at = null where task_id = $1 and closed_at is null",
};

/** For every lost worker whose time has come: what the project has chosen for it. */
export async function applyLostPolicies(engine: Engine): Promise<void> {
  const due = await engine.database.sql.query<{ task_id: string; project_id: string }>(DUE);
  await eachAlone(due, async ({ task_id, project_id }) => {
    const changes = await inProject(engine, project_id, async (tx) => applyPolicy(tx, await lockTask(tx, task_id)));
    if (changes) afterCommit(engine, changes);
  });
}

async function applyPolicy(tx: Tx, task: TaskRow): Promise<Changes | undefined> {
  const lost = await findLostWorker(tx, task.id);
  // A sign of life, a report or a person was quicker.
  if (!lost?.due) return undefined;
  await tx.query(CLOCK_OFF, [task.id]);
  if (!isStarted(task)) return undefined;
  if (lost.policy === "fail") return failLost(tx, task, lost);
  if (lost.policy === "requeue" && task.attempt < lost.max_attempts) return requeueLost(tx, task, lost);
  await ask(tx, task, lost);
  return { projectId: task.project_id };
}

const REASSIGN = "Reassign";
const WAIT = "Wait";
const FAIL = "Fail";

async function ask(tx: Tx, task: TaskRow, lost: LostWorker): Promise<void> {
  const attempts = lost.policy === "requeue" ? ` It has had ${task.attempt} attempts.` : "";
  await raiseHubQuestion(tx, {
    project_id: task.project_id,
    task_id: task.id,
    session_id: lost.session_id,
    cause: "worker_lost",
    question: `${task.key} was begun by ${lost.session_name} on ${lost.server_name}, ${whatHappened(lost)}.${attempts} What shall become of it?`,
    options: [REASSIGN, WAIT, FAIL],
    urgency: "high",
  });
}

function whatHappened({ session_error, server_offline }: LostWorker): string {
  if (session_error !== null) return `and came to an end: ${session_error}`;
  return server_offline ? "which is offline" : "from which nothing is heard any more";
}

const becauseOf = ({ session_error }: LostWorker): string => (session_error === null ? "" : ` (${session_error})`);

const requeueLost = async (tx: Tx, task: TaskRow, lost: LostWorker): Promise<Changes> => {
  const changes = await requeueLocked(tx, SYSTEM, task, {
    by: "reaper",
    reason: `${lost.session_name} on ${lost.server_name} was lost${becauseOf(lost)}`,
  });
  if (!task.auto_assign) await askWhoShallDoIt(tx, task);
  return changes;
};

const failLost = (tx: Tx, task: TaskRow, lost: LostWorker): Promise<Changes> =>
  failLocked(tx, SYSTEM, task, {
    error: `Its worker, ${lost.session_name} on ${lost.server_name}, was lost${becauseOf(lost)}.`,
  });

/** What people answer when a worker is lost. */
export const workerLostChoice: HubChoice = {
  options: [REASSIGN, WAIT, FAIL],
  async choose({ tx, task, choice }) {
    const lost = await findLostWorker(tx, task.id);
    // It came back, or its work was taken further, while somebody made up their mind.
    if (!lost || !isStarted(task)) return undefined;
    if (choice === REASSIGN) return requeueLost(tx, task, lost);
    if (choice === FAIL) return failLost(tx, task, lost);
    await waitForLostWorker(tx, task.id);
    return undefined;
  },
};
