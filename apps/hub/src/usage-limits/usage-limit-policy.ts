import type { Activity } from "@orchestratia/protocol/activity";
import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Sql, Tx } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import { Reaction } from "../events/reaction.ts";
import type { HubChoice } from "../interventions/hub-choice.ts";
import { raiseHubQuestion, withdrawHubQuestions } from "../interventions/hub-question.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { failLocked } from "../tasks/fail-task.ts";
import { inProject } from "../tasks/move.ts";
import { requeueLocked } from "../tasks/requeue-task.ts";
import { lockTask, type TaskRow } from "../tasks/task-row.ts";
import { ON_THESE_MACHINES } from "./limited-agents.ts";

const CAUSE = "usage_limit";

const AT_WORK = "t.status in ('planning', 'running', 'needs_human')";

/** Tasks whose worker has reached its limit and of which the project does not simply wait. `$1` limits it to one. */
const LIMITED = {
  name: "tasks_at_usage_limit",
  text: `select t.id, t.project_id, p.settings ->> 'on_usage_limit' as policy, s.id as session_id, s.name as session_name,
      v.name as server_name, s.waiting ->> 'text' as said, s.waiting ->> 'resets_at' as resets_at,
      exists (select from interventions i where i.task_id = t.id and i.session_id = s.id and i.cause = '${CAUSE}'
        and i.status = 'responded' and i.responded_at >= s.limited_since) as was_answered
    from sessions s join tasks t on t.assigned_session_id = s.id join projects p on p.id = t.project_id
      join servers v on v.id = s.server_id
    where s.waiting ->> 'for' = 'usage_limit' and s.status = 'active' and ${AT_WORK}
      and p.settings ->> 'on_usage_limit' in ('move', 'ask') and ($1::uuid is null or t.id = $1)
    order by t.project_id, t.id limit 500`,
};
/** Asked about, and no longer at the limit. */
const OVER = {
  name: "usage_limits_over",
  text: `select i.task_id as id, i.project_id from interventions i join tasks t on t.id = i.task_id
      left join sessions s on s.id = t.assigned_session_id
    where i.cause = '${CAUSE}' and i.status = 'pending'
      and not (${AT_WORK} and coalesce(s.waiting ->> 'for' = 'usage_limit', false)) limit 500`,
};

interface Limited {
  id: string;
  project_id: string;
  policy: "move" | "ask";
  session_id: string;
  session_name: string;
  server_name: string;
  said: string;
  resets_at: string | null;
  /** Somebody was asked about this very limit, and answered. */
  was_answered: boolean;
}

const WAIT = "Wait";
const MOVE = "Give it to another worker";
const FAIL = "Fail";

/** A worker that has reached its usage limit: its server's picture changes, and the project's policy is applied. */
export function usageLimitPolicy(engine: Engine, bus: Bus): Reaction {
  return new Reaction({
    name: "usage limits",
    bus,
    log: engine.log,
    on: ["session.agent_status_changed", "session.closed", "session.error"],
    async onFacts(facts) {
      await lookAtServers(engine, facts);
      await apply(engine);
    },
    rederive: () => apply(engine),
  });
}

async function lookAtServers(engine: Engine, facts: readonly Activity[]): Promise<void> {
  const concerned = facts.flatMap(({ server_id, details }) => {
    const isReached = (details.waiting as AgentWait | undefined)?.for === CAUSE;
    return server_id && (isReached || engine.fleet.wasUsageLimited(server_id)) ? server_id : [];
  });
  if (concerned.length === 0) return;
  const servers = await engine.database.sql.query<{ id: string }>(ON_THESE_MACHINES, [[...new Set(concerned)]]);
  for (const { id } of servers) {
    const projectId = await engine.fleet.refresh(id);
    if (projectId) engine.matcher.wake(projectId);
  }
}

async function apply(engine: Engine): Promise<void> {
  const { sql } = engine.database;
  const limited = (await find(sql, null)).filter(isToBeApplied);
  await eachAlone(limited, async ({ id, project_id }) => {
    const changes = await inProject(engine, project_id, async (tx) => applyTo(tx, await lockTask(tx, id)));
    if (changes) afterCommit(engine, changes);
  });
  await eachAlone(await sql.query<{ id: string; project_id: string }>(OVER), async (task) => {
    await inProject(engine, task.project_id, (tx) => withdrawHubQuestions(tx, task, [CAUSE], actorOf(SYSTEM)));
  });
}

const find = (sql: Sql, taskId: string | null): Promise<Limited[]> => sql.query<Limited>(LIMITED, [taskId]);

/** Who was asked and let it wait is not asked again. */
const isToBeApplied = ({ policy, was_answered }: Limited): boolean => policy === "move" || !was_answered;

async function applyTo(tx: Tx, task: TaskRow): Promise<Changes | undefined> {
  const [limited] = await find(tx, task.id);
  if (!limited || !isToBeApplied(limited)) return undefined;
  if (limited.policy === "move") return move(tx, task, limited);
  const until = limited.resets_at ? `, until ${limited.resets_at}` : "";
  await raiseHubQuestion(tx, {
    project_id: task.project_id,
    task_id: task.id,
    session_id: limited.session_id,
    cause: CAUSE,
    question: `${limited.session_name} on ${limited.server_name}, which works on ${task.key}, has reached its usage limit${until}. What shall become of it?`,
    context: limited.said,
    options: [WAIT, MOVE, FAIL],
  });
  return undefined;
}

const move = (tx: Tx, task: TaskRow, { session_name, server_name }: Limited): Promise<Changes> =>
  requeueLocked(tx, SYSTEM, task, {
    by: "reaper",
    reason: `${session_name} on ${server_name} has reached its usage limit`,
  });

/** What people answer when a worker has reached its usage limit. */
export const usageLimitChoice: HubChoice = {
  options: [WAIT, MOVE, FAIL],
  async choose({ tx, task, choice }) {
    const [limited] = await find(tx, task.id);
    // The limit is over, or its work was taken further, while somebody made up their mind.
    if (!limited || choice === WAIT) return undefined;
    if (choice === MOVE) return move(tx, task, limited);
    return failLocked(tx, SYSTEM, task, {
      error: `Its worker, ${limited.session_name} on ${limited.server_name}, has reached its usage limit.`,
    });
  },
};
