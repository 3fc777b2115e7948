import { randomUUID } from "node:crypto";
import { secretHash } from "../access/secret-hash.ts";
import { specColumns } from "../tasks/write-spec.ts";
import { addPerson, type MatrixProject, makeProject } from "./matrix-world.ts";
import type { TestHub } from "./test-hub.ts";

/** A project with a row behind every parameter and field that refers to one: each in all the ways it may be named. */
export interface SampledProject extends MatrixProject {
  samples: Readonly<Record<string, readonly string[]>>;
  /** What tells that a row belongs to the project or mentions what does. */
  ids: readonly string[];
}

const HUB = '{"type":"system","id":null,"name":"hub"}';
const COMMIT = "1".repeat(40);
const DIFF = {
  branch: null,
  base_commit: COMMIT,
  head: COMMIT,
  dirty: false,
  files: [],
  files_total: 0,
  additions: 0,
  deletions: 0,
  commits: [],
  commits_total: 0,
  taken_at: "2026-01-02T03:04:05.000Z",
};

export async function makeSampledProject(hub: TestHub): Promise<SampledProject> {
  const project = await makeProject(hub);
  const { id, serverId, named } = project;
  const { sql } = hub.database;
  const one = async (statement: string, values: unknown[]): Promise<string> => {
    const [row] = await sql.query<{ id: string }>(`${statement} returning id::text`, values);
    return row?.id ?? "";
  };
  const { requirements } = specColumns(null);
  const key = `T${randomUUID().slice(0, 8)}-1001`.toUpperCase();
  const upstream = await one(
    `insert into tasks (project_id, number, key, title, spec, requirements, auto_assign, created_by)
     values ($1, 1001, $2, 'An upstream task', 'Do it first.', $3, false, '${HUB}')`,
    [id, key, JSON.stringify(requirements)],
  );
  await one(
    `insert into task_dependencies (project_id, task_id, depends_on_task_id, dependency_type)
     values ($1, $2, $3, 'related')`,
    [id, named.task, upstream],
  );
  const rule = await one(
    `insert into hub.approval_rules (project_id, name, tool_pattern, action, created_by)
     values ($1, 'A rule', '*', 'allow', '${HUB}')`,
    [id],
  );
  const token = await one(
    `insert into registration_tokens (project_id, token_hash, created_by, expires_at)
     values ($1, $2, '${HUB}', now() + interval '1 day')`,
    [id, secretHash(randomUUID())],
  );
  const invitation = await one(
    `insert into hub.invitations (token_hash, role, project_id, project_role, expires_at)
     values ($1, 'viewer', $2, 'viewer', now() + interval '1 day')`,
    [secretHash(randomUUID()), id],
  );
  await sql.query(
    `insert into engine.task_diffs (task_id, project_id, epoch, diff) select id, project_id, epoch, $2 from tasks
     where project_id = $1`,
    [id, JSON.stringify(DIFF)],
  );
  await sql.query(
    `insert into hub.recording_segments (session_id, segment, project_id, first_offset, end_offset, bytes)
     values ($1, 0, $2, 0, 10, 10)`,
    [named.session, id],
  );
  const person = await addPerson(hub, "viewer", { project: id, role: "viewer" });
  const [found] = await sql.query<{ user: string; server_key: string; session_name: string }>(
    `select (select user_id from hub.access_tokens where token_hash = $1) as user,
       (select id from hub.server_keys where server_id = $2 limit 1) as server_key,
       (select name from sessions where id = $3) as session_name`,
    [secretHash(person), serverId, named.session],
  );
  const { user = "", server_key = "", session_name = "" } = found ?? {};
  const { session = "", task = "", intervention = "", server = "" } = named;
  const request = await one(
    `insert into hub.tool_requests (id, project_id, server_id, session_id, intervention_id, agent, tool_name, allowances)
     values (gen_random_uuid(), $1, $2, $3, $4, 'claude', 'Bash', '[]')`,
    [id, serverId, session, intervention],
  );
  const tasks = [upstream, key];
  return {
    ...project,
    samples: {
      task: [task, ...tasks],
      upstream: tasks,
      server: [serverId, server],
      key: [server_key],
      token: [token],
      rule: [rule],
      session: [session],
      intervention: [intervention],
      request: [request],
      request_id: [request],
      user: [user],
      invitation: [invitation],
      server_id: [serverId],
      resumes: [session],
      session_id: [session],
      session_name: [session_name, session],
      target_session: [session_name, session],
      target_session_id: [session],
      assign: [session_name],
      depends_on_task_id: tasks,
      dependency_ids: tasks,
      parent_id: tasks,
      parent: tasks,
      depends_on: tasks,
      after: tasks,
      before: tasks,
      project_id: [id],
    },
    ids: [id, serverId, session, task, upstream, key, rule, token, invitation, user, server_key, intervention, request],
  };
}
