import { Problem } from "@orchestratia/protocol/problems";
import type { Assignment } from "@orchestratia/protocol/tasks";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { withdrawHubQuestions } from "../interventions/hub-question.ts";
import { ASSIGNED_TASK_COLUMNS, type AssignedTask } from "../matching/assigned-task.ts";
import { afterCommit, type Changes, type Engine } from "./engine.ts";
import { decide, onProject, onTask } from "./move.ts";
import { returnToPending } from "./return-to-pending.ts";
import { aboutTask, moveDetails, type Places, type TaskRow, writeTask } from "./task-row.ts";
import { tellWorker } from "./tell-worker.ts";

interface Place {
  server_id: string;
  server_name: string;
  session_id: string | null;
}

/** What is asked about a task that has its place and is not begun, or that waits for one. */
const PLACE_QUESTIONS = ["not_started", "server_lost", "start_failed", "requeue_manual"];
/** It may begin after all. */
const TAKE_BACK_LOSS = {
  name: "take_back_loss_note",
  text: `update task_notes set delivery = 'failed'
    where task_id = $1 and session_id = $2 and delivery = 'queued' and author ->> 'type' = 'system'`,
};

const LIVE = "('starting', 'active', 'disconnected', 'lost')";

/**
 * Gives the task to a server or to one of its sessions. Allowed while blocked: the work is delivered once it is free. A
 * full server is no obstacle: a person knows what they do. Throws `task_not_assignable`, `server_not_found`,
 * `session_not_found`, `session_ambiguous`.
 */
export async function assignTask(engine: Engine, caller: Caller, taskId: string, to: Assignment): Promise<void> {
  const assigned = await onTask(engine, taskId, async (tx, task) => ({
    projectId: task.project_id,
    ...(await assignLocked(tx, caller, task, to)),
  }));
  afterCommit(engine, { ...assigned, released: [taskId], placeable: true });
}

/** The same for a task that the caller's transaction has locked. */
export async function assignLocked(
  tx: Tx,
  caller: Caller,
  task: TaskRow,
  to: Assignment,
): Promise<{ places: Places; ready: AssignedTask[]; told: boolean }> {
  decide(task, "assign", {}, caller);
  if (task.type === "epic" || task.is_parent) {
    throw new Problem("task_not_assignable", `${task.key} is settled by its children and is not worked on itself.`);
  }
  const place = await placeFor(tx, task.project_id, to);
  const told = task.status === "assigned" && (await leavePlace(tx, caller, task, place));
  const places = await writeTask(
    tx,
    task,
    {
      status: "assigned",
      status_reason: null,
      assigned_server_id: place.server_id,
      assigned_session_id: place.session_id,
      placed_by_matcher: false,
      delivered_at: null,
      deliveries: 0,
      start_failures: 0,
      told_at: null,
      reminded_at: null,
      ask_at: null,
      untold_change: false,
      ...(to.require_plan === undefined ? {} : { require_plan: to.require_plan }),
    },
    {
      ...aboutTask(task),
      type: "task.assigned",
      session_id: place.session_id,
      server_id: place.server_id,
      actor: actorOf(caller),
      details: {
        ...moveDetails(task, "assigned"),
        server_id: place.server_id as ServerId,
        server_name: place.server_name,
        by_matcher: false,
      },
    },
  );
  const ready = await tx.query<AssignedTask>(
    `select ${ASSIGNED_TASK_COLUMNS} from tasks t where t.id = $1 and t.blockers = 0`,
    [task.id],
  );
  return { places, ready, told };
}

/** What was asked about the task's old place is moot, and who was told of the task there shall not begin it. */
async function leavePlace(tx: Tx, caller: Caller, task: TaskRow, to: Place): Promise<boolean> {
  await withdrawHubQuestions(tx, task, PLACE_QUESTIONS, actorOf(caller));
  if (to.session_id !== null) await tx.query(TAKE_BACK_LOSS, [task.id, to.session_id]);
  if (to.session_id === task.assigned_session_id) return false;
  const mayBeChosenAgain = to.session_id === null && to.server_id === task.assigned_server_id;
  const word = mayBeChosenAgain
    ? `${task.key} was assigned anew: begin it only if "orchestratia task check" still shows it.`
    : `${task.key} is not yours any more: it was given to somebody else. Do not begin it.`;
  return tellWorker(tx, SYSTEM, task, word);
}

async function placeFor(tx: Tx, projectId: string, to: Assignment): Promise<Place> {
  if (to.session_id === undefined && to.session_name === undefined) return serverPlace(tx, projectId, to.server_id);
  const sessions = await tx.query<Place>(
    `select s.id as session_id, s.server_id, v.name as server_name from sessions s join servers v on v.id = s.server_id
     where s.project_id = $1 and s.status in ${LIVE} and (s.id = $2::uuid or lower(s.name) = lower($3))`,
    [projectId, to.session_id ?? null, to.session_name ?? null],
  );
  const [session] = sessions;
  const named = to.session_name ?? to.session_id;
  if (!session) throw new Problem("session_not_found", `There is no live session "${named}" in this project.`);
  if (sessions.length > 1) throw new Problem("session_ambiguous", `Several live sessions are called "${named}".`);
  return session;
}

async function serverPlace(tx: Tx, projectId: string, serverId: string | undefined): Promise<Place> {
  const [server] = await tx.query<Place>(
    "select id as server_id, name as server_name, null::uuid as session_id from servers where project_id = $1 and id = $2",
    [projectId, serverId ?? null],
  );
  if (!server) throw new Problem("server_not_found");
  return server;
}

/** Takes an unstarted task back. The matcher leaves it alone until somebody lets it again. Throws `task_wrong_status`. */
export async function unassignTask(engine: Engine, caller: Caller, taskId: string): Promise<void> {
  const changes = await onProject(engine, taskId, (tx, task) =>
    unassignLocked(tx, caller, task, { reason: "taken back by hand", auto_assign: false }),
  );
  afterCommit(engine, changes);
}

/** The same within a transaction that holds the project's lock and the task's row; `auto_assign` stays as it is unless given. */
export async function unassignLocked(
  tx: Tx,
  caller: Caller,
  task: TaskRow,
  { reason, auto_assign = task.auto_assign }: { reason: string; auto_assign?: boolean },
): Promise<Changes> {
  const move = decide(task, "unassign", {}, caller);
  const told = await tellWorker(tx, SYSTEM, task, `${task.key} is not yours any more: ${reason}. Do not begin it.`);
  const changes = await returnToPending(
    tx,
    caller,
    task,
    { auto_assign },
    {
      ...aboutTask(task),
      type: "task.unassigned",
      actor: actorOf(caller),
      details: { ...moveDetails(task, move.to), reason },
    },
  );
  return { ...changes, told };
}
