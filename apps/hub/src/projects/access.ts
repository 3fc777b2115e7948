import { Problem } from "@orchestratia/protocol/problems";
import { ProjectSettings } from "@orchestratia/protocol/projects";
import type { ProjectId, ProjectRole } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { AccessibleProject } from "../access/accessible-project.ts";
import type { Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";

type Role = z.infer<typeof ProjectRole>;

export interface ProjectRow {
  id: ProjectId;
  key: string;
  name: string;
  status: "active" | "archived";
  settings: unknown;
  role: Role | null;
  created_at: Date;
}

const COLUMNS = "p.id, p.key, p.name, p.status, p.settings, p.created_at, m.role";
const FROM = "from projects p left join project_members m on m.project_id = p.id and m.user_id = $2";
const BY_ID = { name: "project_by_id", text: `select ${COLUMNS} ${FROM} where p.id = $1` };
const BY_KEY = { name: "project_by_key", text: `select ${COLUMNS} ${FROM} where p.key = $1` };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The project with this id or key. Throws project_not_found, also for one that the caller may not see: admins and the
 * system see all, people theirs, machines the one they were registered in, and an access token no other than it names.
 */
export async function projectFor({ sql }: Database, caller: Caller, ref: string): Promise<AccessibleProject> {
  const [statement, value] = UUID.test(ref) ? [BY_ID, ref] : [BY_KEY, ref.toUpperCase()];
  const [row] = await sql.query<ProjectRow>(statement, [value, caller.kind === "user" ? caller.id : null]);
  const project = row && accessTo(row, caller);
  if (!project) throw new Problem("project_not_found", `No project is called ${ref}.`);
  return project;
}

/** Undefined when the caller may not see the project. */
export function accessTo(row: ProjectRow, caller: Caller): AccessibleProject | undefined {
  const { id, key, name, status, role } = row;
  const rights = rightsOf(caller, id, role);
  if (!rights) return undefined;
  return {
    id,
    key,
    name,
    status,
    role,
    ...rights,
    settings: ProjectSettings.parse(row.settings),
    createdAt: row.created_at,
  };
}

function rightsOf(
  caller: Caller,
  id: ProjectId,
  role: Role | null,
): { mayWrite: boolean; mayOwn: boolean } | undefined {
  if (caller.kind === "system") return { mayWrite: true, mayOwn: true };
  if (caller.kind !== "user") return caller.projectId === id ? { mayWrite: true, mayOwn: false } : undefined;
  const { scope } = caller;
  if (scope?.projectIds && !scope.projectIds.includes(id)) return undefined;
  const writes = scope?.write !== false;
  if (caller.role === "admin") return { mayWrite: writes, mayOwn: writes };
  return role === null ? undefined : { mayWrite: writes && role !== "viewer", mayOwn: writes && role === "owner" };
}
