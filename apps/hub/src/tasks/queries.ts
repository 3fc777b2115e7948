import { isBlocked } from "@orchestratia/domain/dependency-graph";
import { requirementsKey } from "@orchestratia/domain/matching";
import { Problem } from "@orchestratia/protocol/problems";
import type { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { SYSTEM } from "../access/caller.ts";
import type { Database } from "../db/database.ts";
import { givenIds } from "../db/given-ids.ts";
import type { Fleet } from "../matching/fleet.ts";
import { type OpenEdges, readOpenEdges } from "./open-edges.ts";
import { type Asker, openMoves } from "./open-moves.ts";
import { type DetailRow, SELECT_DETAILS, type SummaryRow } from "./task-select.ts";
import { asksForPlacement, waitingFor, whyNotPlaced } from "./waiting-for.ts";

/** What tasks are read from: their rows, and the picture of the servers for what they wait for. An Engine is one. */
export interface TaskSources {
  database: Pick<Database, "sql">;
  fleet: Pick<Fleet, "of" | "read">;
}

const BY_IDS = {
  name: "tasks_by_ids",
  text: `${SELECT_DETAILS} where t.id = any(${givenIds(1)}) order by array_position($1::uuid[], t.id)`,
};
/** In the words of the partial indexes: unsettled, and given to somebody. */
const GIVEN = "status in ('assigned', 'planning', 'plan_review', 'running', 'review', 'needs_human')";
/** First what was begun, then by urgency; what still waits for others comes last. */
const IN_ORDER = `order by t.blockers > 0, t.status = 'assigned', t.assigned_session_id is null, t.priority desc, t.number`;
const OF_SESSION = {
  name: "tasks_of_session",
  text: `${SELECT_DETAILS} where t.id in (
      with own as (select id, blockers from tasks where assigned_session_id = $1 and ${GIVEN})
      select id from own
      union all
      select id from tasks where assigned_server_id = $2 and assigned_session_id is null and status = 'assigned'
        and blockers = 0 and not exists (select 1 from own where own.blockers = 0)
    ) ${IN_ORDER}`,
};
const OF_SERVER = {
  name: "tasks_of_server",
  text: `${SELECT_DETAILS} where t.project_id = $1 and t.assigned_server_id = $2 and t.${GIVEN} ${IN_ORDER}`,
};

const HUB: Asker = { caller: SYSTEM, mayWrite: true };

/** As `asker` may move it. Throws task_not_found. */
export async function getTask(sources: TaskSources, id: string, asker: Asker = HUB): Promise<Task> {
  const [task] = await getTasks(sources, [id], asker);
  if (!task) throw new Problem("task_not_found");
  return task;
}

/** The tasks with these ids, in this order. */
export async function getTasks(sources: TaskSources, ids: readonly string[], asker: Asker = HUB): Promise<Task[]> {
  return toTasks(sources, await sources.database.sql.query<DetailRow>(BY_IDS, [ids]), asker);
}

/**
 * What a session has to do; with `offers`, and while it holds no task of its own but such that wait for others, also what
 * its server was given and no session has taken yet.
 */
export async function tasksOfSession(
  sources: TaskSources,
  session: { id: SessionId; serverId: ServerId; offers: boolean },
  asker: Asker,
): Promise<Task[]> {
  const values = [session.id, session.offers ? session.serverId : null];
  return toTasks(sources, await sources.database.sql.query<DetailRow>(OF_SESSION, values), asker);
}

/** What all sessions of a server have to do. */
export async function tasksOfServer(
  sources: TaskSources,
  server: { id: ServerId; projectId: ProjectId },
  asker: Asker,
): Promise<Task[]> {
  return toTasks(sources, await sources.database.sql.query<DetailRow>(OF_SERVER, [server.projectId, server.id]), asker);
}

async function toTasks(sources: TaskSources, rows: DetailRow[], asker: Asker): Promise<Task[]> {
  const summaries = await toSummaries(sources, rows);
  return rows.map((row, index) => ({
    ...(summaries[index] as TaskSummary),
    spec: row.spec,
    structured_spec: row.structured_spec,
    acceptance_criteria: row.acceptance_criteria,
    target_repo: row.target_repo,
    target_branch: row.target_branch,
    require_plan: row.require_plan,
    require_review: row.require_review,
    resume_status: row.resume_status,
    eligible_at: row.eligible_at.toISOString(),
    created_by: row.created_by,
    source_session_id: row.source_session_id,
    source_session_name: row.source_session_name,
    plan: row.plan,
    plan_feedback: row.plan_feedback,
    result: row.result,
    git_diff_stats: row.git_diff_stats,
    contract_status: row.contract_status,
    resolved_inputs: row.resolved_inputs,
    dependencies: row.dependencies,
    dependents: row.dependents,
    moves: openMoves(row, asker),
    recent_notes: row.recent_notes,
  }));
}

/** What lists show of these rows. */
export async function toSummaries(sources: TaskSources, rows: SummaryRow[]): Promise<TaskSummary[]> {
  const now = new Date();
  const edges = await readOpenEdges(
    sources.database.sql,
    rows.filter(isBlocked).map(({ id }) => id),
  );
  const placement = await placements(sources, rows, now);
  return rows.map((row) =>
    toSummary(
      row,
      edges,
      waitingFor(row, {
        upstreams: edges.upstreams.get(row.id) ?? [],
        placement: placement.get(row.id),
        serverReachable: isReachable(sources, row),
        now,
      }),
    ),
  );
}

const toSummary = (row: SummaryRow, edges: OpenEdges, waiting_for: string | null): TaskSummary => ({
  id: row.id,
  key: row.key,
  project_id: row.project_id,
  title: row.title,
  type: row.type,
  priority: row.priority,
  labels: row.labels,
  status: row.status,
  status_reason: row.status_reason,
  blocked: isBlocked(row),
  blocked_by_failed: edges.blockedByFailed.has(row.id),
  waiting_for,
  parent_id: row.parent_id,
  position: row.position,
  exec_mode: row.exec_mode,
  children: row.children,
  auto_assign: row.auto_assign,
  assigned_server_id: row.assigned_server_id,
  assigned_server_name: row.assigned_server_name,
  assigned_session_id: row.assigned_session_id,
  target_session_name: row.target_session_name,
  version: row.version,
  epoch: row.epoch,
  attempt: row.attempt,
  worker_lost_since: row.worker_lost_since?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  started_at: row.started_at?.toISOString() ?? null,
  completed_at: row.completed_at?.toISOString() ?? null,
  archived_at: row.archived_at?.toISOString() ?? null,
});

/** Why no server takes them, by task, for those of which it matters. The servers' rows are read only when one is left over. */
async function placements(
  sources: TaskSources,
  rows: SummaryRow[],
  now: Date,
): Promise<Map<string, string | undefined>> {
  const waiting = rows.filter(
    (row) =>
      asksForPlacement(row, now) && !sources.fleet.of(row.project_id).best(row.requirements, placingOf(row, now)),
  );
  const [first] = waiting;
  if (!first) return new Map();
  const servers = await sources.fleet.read(first.project_id);
  const words = new Map<string, string | undefined>();
  return new Map(
    waiting.map((row) => {
      const key = `${requirementsKey(row.requirements)} ${row.tried_servers} ${row.waits_until?.getTime()}`;
      if (!words.has(key)) words.set(key, whyNotPlaced(row.requirements, servers, placingOf(row, now)));
      return [row.id, words.get(key)];
    }),
  );
}

const placingOf = ({ tried_servers, waits_until }: SummaryRow, now: Date) => ({
  tried: new Set(tried_servers),
  waitsUntil: waits_until,
  waits: waits_until !== null && waits_until > now,
});

function isReachable(sources: TaskSources, row: SummaryRow): boolean {
  if (row.assigned_server_id === null) return true;
  return sources.fleet.of(row.project_id).get(row.assigned_server_id)?.reachable ?? false;
}
