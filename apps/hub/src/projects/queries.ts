import type { Project, ProjectCounts } from "@orchestratia/protocol/projects";
import type { z } from "zod";
import type { AccessibleProject } from "../access/accessible-project.ts";
import type { Caller } from "../access/caller.ts";
import type { Sql } from "../db/transaction.ts";
import { accessTo, type ProjectRow } from "./access.ts";

export const toProject = ({ createdAt, mayWrite, mayOwn, ...project }: AccessibleProject): z.input<typeof Project> => ({
  ...project,
  created_at: createdAt.toISOString(),
});

const LIMIT = 1_000;

/** What the caller may see, by key. */
export async function listProjects(sql: Sql, caller: Caller): Promise<AccessibleProject[]> {
  const rows = await sql.query<ProjectRow>(
    `select p.id, p.key, p.name, p.status, p.settings, p.created_at, m.role
     from projects p left join project_members m on m.project_id = p.id and m.user_id = $1
     where ($2 or m.role is not null) and ($3::uuid[] is null or p.id = any($3)) order by p.key limit ${LIMIT}`,
    [
      caller.kind === "user" ? caller.id : null,
      caller.kind === "system" || (caller.kind === "user" && caller.role === "admin"),
      caller.kind === "user" ? (caller.scope?.projectIds ?? null) : null,
    ],
  );
  return rows.map((row) => accessTo(row, caller)).filter((project) => project !== undefined);
}

type Counts = z.input<typeof ProjectCounts>;

export async function countProject(sql: Sql, projectId: string): Promise<Counts> {
  const [row] = await sql.query<Counts>(
    `select
       (select coalesce(jsonb_object_agg(status, n), '{}')
        from (select status, count(*) as n from tasks where project_id = $1 and archived_at is null group by status) as by_status) as tasks,
       (select count(*) from tasks
        where project_id = $1 and blockers > 0 and status in ('pending', 'assigned')) as blocked,
       (select count(*) from servers where project_id = $1) as servers,
       (select count(*) from servers where project_id = $1 and status = 'online') as servers_online,
       (select count(*) from sessions
        where project_id = $1 and status in ('starting', 'active', 'disconnected', 'lost')) as sessions_live,
       (select count(*) from interventions where project_id = $1 and status = 'pending') as interventions_pending`,
    [projectId],
  );
  if (!row) throw new Error("a query without a condition has one row");
  return row;
}
