import type { Pool } from "pg";

/** Two tasks each: the even one runs with a session and a lease, the odd one waits for its contract. */
export interface Pairs {
  projectId: string;
  running: { id: string; sessionId: string; serverId: string }[];
}

const REPOS = 50;

/** Fills a fresh project with servers and pairs of tasks, by SQL: what is measured comes after. */
export async function fillProject(pool: Pool, servers: number, pairs: number): Promise<Pairs> {
  const { rows: projects } = await pool.query(
    `insert into projects (key, name, settings, next_task_number)
     values ('B' || upper(substr(md5(random()::text), 1, 8)), 'bench', '{"auto_start_sessions": false}', $1) returning id`,
    [pairs * 2 + 1],
  );
  const projectId = projects[0].id as string;
  await pool.query(
    `insert into servers (project_id, name, status, repos, capabilities, max_concurrent, api_key_hash, last_heartbeat)
     select $1, 'server-' || n, 'online', jsonb_build_object('repo-' || (n % ${REPOS}), '/srv', 'repo-' || (n * 7 % ${REPOS}), '/srv'),
       jsonb_build_object('languages', '["ts", "py"]'::jsonb, 'environments', '["linux"]'::jsonb, 'tools',
         jsonb_build_array('git', (array['docker', 'psql', 'kubectl'])[1 + n % 3]), 'tags', '[]'::jsonb),
       16, md5(random()::text || n), now()
     from generate_series(0, $2 - 1) n`,
    [projectId, servers],
  );
  await pool.query(
    `with server as (select id, row_number() over (order by name) - 1 as n from servers where project_id = $1)
     insert into sessions (project_id, server_id, name, agent, status, agent_status, created_by)
     select $1, server.id, 's-' || pair, 'claude', 'active', 'working', '{}' from generate_series(0, $2 - 1) pair
       join server on server.n = pair % $3`,
    [projectId, pairs, servers],
  );
  await pool.query(
    `insert into tasks (project_id, number, key, title, spec, created_by, requirements, structured_spec, blockers)
     select $1, n + 1, p.key || '-' || (n + 1), 'Task ' || n, 'Do it.', '{"type": "system", "id": null, "name": "bench"}',
       jsonb_build_object('repo', 'repo-' || (n / 2 % ${REPOS}), 'languages', '[]'::jsonb, 'environments', '["linux"]'::jsonb,
         'tools', '["git", "docker"]'::jsonb, 'tags', '[]'::jsonb),
       case when n % 2 = 0 then '{"expected_output": {"contracts": [{"key": "api"}]}}'::jsonb end, n % 2
     from generate_series(0, $2 * 2 - 1) n, projects p where p.id = $1`,
    [projectId, pairs],
  );
  await pool.query(
    `insert into task_dependencies (project_id, task_id, depends_on_task_id, dependency_type, contract_key)
     select $1, waiting.id, upstream.id, 'input', 'api' from tasks upstream
       join tasks waiting on waiting.project_id = $1 and waiting.number = upstream.number + 1
     where upstream.project_id = $1 and upstream.number % 2 = 1`,
    [projectId],
  );
  await pool.query(
    `update tasks t set status = 'assigned', assigned_server_id = s.server_id, assigned_session_id = s.id
     from sessions s where t.project_id = $1 and s.project_id = $1 and t.number % 2 = 1 and s.name = 's-' || ((t.number - 1) / 2)`,
    [projectId],
  );
  await pool.query(
    "update tasks set status = 'running', epoch = 1, started_at = now() where project_id = $1 and status = 'assigned'",
    [projectId],
  );
  const { rows: running } = await pool.query(
    `insert into engine.leases (project_id, task_id, epoch, server_id, session_id, expires_at)
     select $1, id, 1, assigned_server_id, assigned_session_id, now() + interval '1 hour' from tasks
     where project_id = $1 and status = 'running' order by number
     returning task_id as id, session_id as "sessionId", server_id as "serverId"`,
    [projectId],
  );
  await pool.query(
    `update servers s set active_tasks = taken.n from (select assigned_server_id as id, count(*)::int as n from tasks
       where project_id = $1 and status = 'running' group by 1) as taken where s.id = taken.id`,
    [projectId],
  );
  await pool.query("vacuum analyze tasks, task_dependencies, servers, sessions, engine.leases");
  return { projectId, running };
}
