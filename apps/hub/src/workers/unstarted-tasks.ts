import type { Requirements } from "@orchestratia/domain/matching";
import { SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { MAX_START_FAILURES } from "../delivery/session-starter.ts";
import { eachAlone } from "../events/each-alone.ts";
import { raiseHubQuestion } from "../interventions/hub-question.ts";
import { PROJECT_GRACE } from "../leases/grace.ts";
import { unassignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { failLocked } from "../tasks/fail-task.ts";
import { inProject } from "../tasks/move.ts";
import { lockTask, type TaskRow } from "../tasks/task-row.ts";
import { deliverAgain } from "./deliver-again.ts";
import { ableServers, noServerLeft } from "./no-server-left.ts";
import { PLANNING_UNBEGUN } from "./planning-unbegun.ts";
import { NOT_STARTED_OPTIONS, SERVER_LOST_OPTIONS, START_FAILED_OPTIONS } from "./unstarted-choices.ts";

/** A delivered task that nobody begins is delivered again after so long, and asked about after as long again. */
const NOT_STARTED = "interval '10 minutes'";
/** Attended to in one turn at most. */
const BATCH = 100;

/** What is the matter with an assigned task, most pressing first. */
type Matter = "start_failed" | "server_lost" | "not_started" | "remind";

interface Unstarted {
  id: string;
  project_id: string;
  matter: Matter;
  placed_by_matcher: boolean;
  requirements: Requirements;
  tried_servers: string[];
  server_name: string;
  session_name: string | null;
  /** The second delivery did not have to wait for the agent. */
  is_told: boolean;
}

const MATTER = `case
    when t.start_failures >= ${MAX_START_FAILURES} and t.assigned_session_id is null then 'start_failed'
    -- In planning it has a worker, who counts as lost by then.
    when v.status = 'offline' and t.status = 'assigned'
      and greatest(coalesce(v.offline_since, v.created_at), t.updated_at) + ${PROJECT_GRACE} <= now() then 'server_lost'
    -- Also where the second delivery waits for the agent to be at its prompt: it may never be.
    when v.status = 'online' and t.deliveries > 0 and t.reminded_at <= now() - ${NOT_STARTED} then 'not_started'
    when v.status = 'online' and t.deliveries > 0 and t.reminded_at is null and t.told_at <= now() - ${NOT_STARTED}
      then 'remind'
  end`;

/** `$1` limits it to one task. What was asked about already waits for the answer. */
const UNSTARTED = {
  name: "unstarted_tasks",
  text: `select u.* from (
      select t.id, t.project_id, ${MATTER} as matter, t.placed_by_matcher, t.requirements, t.tried_servers,
        v.name as server_name, s.name as session_name, t.delivered_at is not null as is_told
      from tasks t join projects p on p.id = t.project_id join servers v on v.id = t.assigned_server_id
        left join sessions s on s.id = t.assigned_session_id
      where (t.status = 'assigned' and t.blockers = 0 or ${PLANNING_UNBEGUN}) and ($1::uuid is null or t.id = $1)
        and (t.ask_at is null or t.ask_at <= now())
    ) as u
    where u.matter is not null and not exists (
      select from interventions i where i.task_id = u.id and i.status = 'pending' and i.cause = u.matter)
    limit ${BATCH}`,
};

/** What was assigned and is not begun, though it could be: it is brought elsewhere or again, or somebody is asked. */
export async function attendToUnstarted(engine: Engine): Promise<void> {
  const unstarted = await engine.database.sql.query<Unstarted>(UNSTARTED, [null]);
  await eachAlone(unstarted, async ({ id, project_id }) => {
    const changes = await inProject(engine, project_id, async (tx) => {
      const task = await lockTask(tx, id);
      const [unstarted] = await tx.query<Unstarted>(UNSTARTED, [id]);
      return unstarted && attend(engine, tx, task, unstarted);
    });
    if (changes) afterCommit(engine, changes);
  });
}

async function attend(engine: Engine, tx: Tx, task: TaskRow, unstarted: Unstarted): Promise<Changes> {
  switch (unstarted.matter) {
    case "start_failed":
      return unstarted.placed_by_matcher
        ? tryNextServer(engine, tx, task, unstarted)
        : askAboutStart(tx, task, unstarted);
    case "server_lost":
      return unstarted.placed_by_matcher ? leaveServer(tx, task, unstarted) : askAboutServer(tx, task, unstarted);
    case "not_started":
      return askWhyNotStarted(tx, task, unstarted);
    case "remind":
      return deliverAgain(tx, task, "delivered_at = null, reminded_at = now()");
  }
}

/** Three sessions did not start there: another server may have more luck; where none is left the task fails. */
async function tryNextServer(engine: Engine, tx: Tx, task: TaskRow, unstarted: Unstarted): Promise<Changes> {
  const tried = [...new Set([...unstarted.tried_servers, task.assigned_server_id as string])];
  const able = await ableServers(engine, { ...unstarted, tried_servers: tried });
  if (able.untried.length === 0) {
    return failLocked(tx, SYSTEM, task, { error: noServerLeft([unstarted.server_name]) });
  }
  const changes = await unassignLocked(tx, SYSTEM, task, {
    reason: `no session could be started on ${unstarted.server_name}`,
  });
  await tx.query("update tasks set tried_servers = $2 where id = $1", [task.id, tried]);
  return changes;
}

const leaveServer = (tx: Tx, task: TaskRow, { server_name }: Unstarted): Promise<Changes> =>
  unassignLocked(tx, SYSTEM, task, { reason: `${server_name} is offline` });

const askAboutStart = (tx: Tx, task: TaskRow, { server_name }: Unstarted): Promise<Changes> =>
  ask(tx, task, {
    cause: "start_failed",
    question: `No session could be started for ${task.key} on ${server_name}, ${MAX_START_FAILURES} times in a row. What now?`,
    options: START_FAILED_OPTIONS,
  });

const askAboutServer = (tx: Tx, task: TaskRow, { server_name }: Unstarted): Promise<Changes> =>
  ask(tx, task, {
    cause: "server_lost",
    question: `${task.key} was given to ${server_name}, which is offline. Move it to another server, or wait?`,
    options: SERVER_LOST_OPTIONS,
  });

const askWhyNotStarted = (tx: Tx, task: TaskRow, { server_name, session_name, is_told }: Unstarted): Promise<Changes> =>
  ask(tx, task, {
    cause: "not_started",
    question: is_told
      ? `${task.key} was delivered to ${session_name ?? server_name} twice and is not begun. What now?`
      : `${task.key} was delivered to ${session_name ?? server_name} and is not begun; its agent was never at its prompt to be told again. What now?`,
    options: NOT_STARTED_OPTIONS,
  });

async function ask(
  tx: Tx,
  task: TaskRow,
  question: { cause: Matter; question: string; options: readonly string[] },
): Promise<Changes> {
  await raiseHubQuestion(tx, {
    ...question,
    project_id: task.project_id,
    task_id: task.id,
    session_id: task.assigned_session_id,
  });
  return { projectId: task.project_id };
}
