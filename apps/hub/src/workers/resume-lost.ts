import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { SYSTEM } from "../access/caller.ts";
import type { Sql, Tx } from "../db/transaction.ts";
import { eachAlone } from "../events/each-alone.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { SessionStart } from "../sessions/start-session.ts";
import type { Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { lockTask } from "../tasks/task-row.ts";
import { LIMITED_AGENTS } from "../usage-limits/limited-agents.ts";

/** What starts sessions, and says where. */
export interface ResumingLinks {
  connections: Pick<ServerConnections, "connected" | "versionOf">;
  startSession: (start: SessionStart) => Promise<LiveSession>;
}

/** A task's conversations are gone on with so often in an hour: what makes an agent die may make the next one die, too. */
const MOST_IN_AN_HOUR = 2;

/**
 * Lost workers whose program died while they were at a task, on the servers `$2`; `$1` limits it to one task. Each is gone
 * on with once: whoever does that and dies is a lost worker of its own. A question that is open is no obstacle.
 */
const RESUMABLE = {
  name: "resumable_workers",
  text: `select t.id as task_id, t.project_id, s.id as session_id, s.server_id, s.agent, s.working_directory, s.cols, s.rows
    from engine.leases l join tasks t on t.id = l.task_id join sessions s on s.id = l.session_id
      join projects p on p.id = l.project_id join servers v on v.id = s.server_id
    where l.closed_at is null and l.lost_since is not null and (l.act_at is null or l.act_at <= now())
      and t.status in ('planning', 'running') and s.role = 'worker'
      and s.status = 'closed' and s.exit_code is distinct from 0 and not s.ended_on_request
      and coalesce(p.settings ->> 'on_worker_lost', 'ask') <> 'fail'
      and not exists (select from sessions r where r.resumes = s.id) and s.agent <> all(${LIMITED_AGENTS("v")})
      and (select count(*) from sessions r where r.task_id = t.id and r.resumes is not null and r.started_by_hub
        and r.created_at > now() - interval '1 hour') < ${MOST_IN_AN_HOUR}
      and ($1::uuid is null or t.id = $1) and s.server_id = any($2::uuid[])
    order by l.lost_since limit 20`,
};
/** The project's policy waits until the agent had time to get to its prompt. */
const PUT_OFF = {
  name: "put_off_policy_for_resumed",
  text: `update engine.leases l set act_at = now() + interval '15 seconds'
    where l.closed_at is null and l.lost_since is not null and l.act_at <= now() and exists (
      select from sessions r where r.resumes = l.session_id and r.started_by_hub
        and r.status in ('starting', 'active', 'disconnected') and r.created_at > now() - interval '5 minutes')`,
};
const CLAIM = {
  name: "claim_lost_worker_for_resuming",
  text: `update engine.leases set act_at = now() + interval '30 seconds'
    where task_id = $1 and closed_at is null and act_at is not null`,
};
/** Unless somebody gave it more time meanwhile. */
const GIVE_BACK = {
  name: "leave_lost_worker_to_policy",
  text: `update engine.leases set act_at = now() where task_id = $1 and session_id = $2 and closed_at is null
    and act_at <= now() + interval '30 seconds'`,
};

interface Resumable {
  task_id: string;
  project_id: ProjectId;
  session_id: SessionId;
  server_id: ServerId;
  agent: string;
  working_directory: string | null;
  cols: number;
  rows: number;
}

/** Whose program died goes on in a new session with its conversation, before the project's policy is asked. */
export async function resumeLostWorkers(engine: Engine, links: ResumingLinks): Promise<void> {
  const { sql } = engine.database;
  await sql.query(PUT_OFF);
  const { connections } = links;
  // Other daemons would begin a conversation anew.
  const servers = connections.connected().filter((id) => connections.versionOf(id) === 2);
  if (servers.length === 0) return;
  await eachAlone(await find(sql, null, servers), async (lost) => {
    const claimed = await inProject(engine, lost.project_id, (tx) => claim(tx, lost.task_id, servers));
    if (claimed) await begin(engine, links, claimed);
  });
}

const find = (from: Sql, taskId: string | null, servers: readonly string[]): Promise<Resumable[]> =>
  from.query<Resumable>(RESUMABLE, [taskId, servers]);

async function claim(tx: Tx, taskId: string, servers: readonly string[]): Promise<Resumable | undefined> {
  await lockTask(tx, taskId);
  // A report, a person or the policy may have been quicker.
  const [lost] = await find(tx, taskId, servers);
  if (lost) await tx.query(CLAIM, [taskId]);
  return lost;
}

async function begin(engine: Engine, { startSession }: ResumingLinks, lost: Resumable): Promise<void> {
  try {
    const session = await startSession({
      caller: SYSTEM,
      projectId: lost.project_id,
      serverId: lost.server_id,
      agent: lost.agent,
      role: "worker",
      workingDirectory: lost.working_directory,
      cols: lost.cols,
      rows: lost.rows,
      taskId: lost.task_id,
      resumes: lost.session_id,
      startedByHub: true,
    });
    // Nothing else is given to it meanwhile.
    engine.delivery.bind(session.id, lost.task_id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // A person resumed it, the server went, or it starts none: the policy's time had come already.
    await engine.database.sql.query(GIVE_BACK, [lost.task_id, lost.session_id]);
  }
}
