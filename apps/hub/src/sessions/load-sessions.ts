import type { AgentStatus, SessionRole, SessionStatus } from "@orchestratia/domain/vocabulary";
import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import type { Actor, ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { IN_CHECKOUT } from "./in-checkout.ts";
import type { LiveSession } from "./live-sessions.ts";
import { OutputFeed } from "./output-feed.ts";
import { OutputWindow } from "./output-window.ts";
import type { SessionHub } from "./session-hub.ts";
import { sessionsMissing } from "./session-status.ts";

interface Row {
  id: SessionId;
  number: number;
  project_id: ProjectId;
  server_id: ServerId;
  name: string;
  agent: string;
  role: SessionRole;
  started_by_hub: boolean;
  created_at: Date;
  status: SessionStatus;
  agent_status: AgentStatus;
  waiting: AgentWait | null;
  task_id: string | null;
  tmux_name: string;
  cols: number;
  rows: number;
  launched: boolean;
  tells_status: boolean;
  in_checkout: boolean;
  end_asked_by: Actor | null;
}

/** At the hub's start, before any daemon is let in: takes up the sessions whose programs may still run. */
export async function loadSessions(hub: SessionHub): Promise<void> {
  const rows = await hub.database.sql.query<Row>(
    `select s.id, s.number, s.project_id, s.server_id, s.name, s.agent, s.role, s.started_by_hub, s.created_at, s.status,
      s.agent_status, s.waiting, s.task_id, s.tmux_name, s.cols, s.rows, s.launched_at is not null as launched, s.end_asked_by,
      jsonb_array_length(v.agents) > 0 as tells_status, ${IN_CHECKOUT} as in_checkout
    from sessions s join servers v on v.id = s.server_id
    where s.status in ('starting', 'active', 'disconnected', 'lost')`,
  );
  for (const row of rows) hub.sessions.add(liveSession(row));
  const active = hub.sessions.all().filter(({ status }) => status === "active");
  await sessionsMissing(hub, active, "disconnected");
}

function liveSession(row: Row): LiveSession {
  const output = new OutputWindow(laterThanBefore());
  return {
    id: row.id,
    number: row.number,
    projectId: row.project_id,
    serverId: row.server_id,
    name: row.name,
    agent: row.agent,
    role: row.role,
    startedByHub: row.started_by_hub,
    createdAt: row.created_at,
    status: row.status,
    agentStatus: row.agent_status,
    waiting: row.waiting,
    taskId: row.task_id,
    inCheckout: row.in_checkout,
    tmuxName: row.tmux_name,
    cols: row.cols,
    rows: row.rows,
    ...(row.end_asked_by && { closedBy: row.end_asked_by }),
    launched: row.launched,
    agentSeen: row.launched,
    tellsStatus: row.tells_status,
    typedInto: false,
    screen: [],
    output,
    feed: new OutputFeed(row.id, output),
  };
}

/**
 * Where counting begins again when an earlier process has counted already: the moment in microseconds. It lies beyond
 * whatever was counted before (a session printing 1 MB/s without a pause would reach it), so a viewer that comes back
 * with an old offset is shown the new window and never bytes that do not belong behind its own.
 */
const laterThanBefore = (): number => Date.now() * 1000;
