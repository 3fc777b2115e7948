import { PERMISSION_BATCH_MAX, type Permission, PermissionEntry } from "@orchestratia/protocol/approval-rules";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import type { Sql } from "../db/transaction.ts";

/** Entries that are kept of each project; the oldest go first. */
const KEPT_OF_PROJECT = 100_000;
/** How many come in before the oldest are looked for. */
const TRIMMED_EACH = 1_000;
const INPUT_MAX_CHARACTERS = 16 * 1024;
const DEFAULT_LIMIT = 100;

const INSERT = {
  name: "log_permissions",
  text: `insert into hub.permission_log (project_id, server_id, session_id, tool_name, tool_input, decision,
      matched_rule_id, reason, agent_name, at, entry_id)
    select $1, $2, s.id, e.tool_name, coalesce(e.tool_input, 'null'), e.decision, e.matched_rule_id, e.reason,
      e.agent_name, coalesce(e.created_at, now()), e.id
    from rows from (jsonb_to_recordset($3::jsonb) as (id uuid, session_id text, tool_name text, tool_input jsonb,
        decision text, matched_rule_id text, reason text, agent_name text, created_at timestamptz))
        with ordinality as e(id, session_id, tool_name, tool_input, decision, matched_rule_id, reason, agent_name,
          created_at, n)
      left join sessions s on s.id::text = lower(e.session_id) and s.server_id = $2
    order by e.n on conflict (server_id, entry_id) do nothing returning id`,
};
const TRIM = {
  name: "trim_permissions",
  text: `delete from hub.permission_log where project_id = $1 and id <= (
    select id from hub.permission_log where project_id = $1 order by id desc offset ${KEPT_OF_PROJECT} limit 1)`,
};

/** Keeps what a server's hook has decided; answers how many entries were kept. */
export async function keepPermissions(
  sql: Sql,
  server: Extract<Caller, { kind: "server" }>,
  batch: readonly unknown[],
): Promise<number> {
  const entries = batch.slice(-PERMISSION_BATCH_MAX).flatMap((entry) => {
    const { data } = PermissionEntry.safeParse(entry);
    return data ? [{ ...data, tool_input: bounded(data.tool_input) }] : [];
  });
  if (entries.length === 0) return 0;
  const kept = await sql.query<{ id: string }>(INSERT, [server.projectId, server.id, JSON.stringify(entries)]);
  const crossed = kept.some(({ id }) => Number(id) % TRIMMED_EACH === 0);
  if (crossed) await sql.query(TRIM, [server.projectId]);
  return kept.length;
}

/** A file that an agent wrote does not belong into the log, and its beginning tells what it was. */
function bounded(input: unknown): unknown {
  const text = JSON.stringify(input) ?? "null";
  if (text.length <= INPUT_MAX_CHARACTERS) return input;
  // Half a character at the cut could not be kept.
  return { cut: true, beginning: text.slice(0, INPUT_MAX_CHARACTERS).replace(/\p{Surrogate}$/u, "") };
}

export interface PermissionPage {
  limit?: number | undefined;
  after?: string | undefined;
  session_id?: string | undefined;
  decision?: "allowed" | "denied" | "asked" | undefined;
}

interface Row extends Omit<z.input<typeof Permission>, "id" | "at"> {
  id: string;
  at: Date;
}

const LIST = {
  name: "permissions_of_project",
  text: `select p.id, p.server_id, s.name as server_name, p.session_id, e.name as session_name, p.tool_name,
      p.tool_input, p.decision, p.matched_rule_id, p.reason, p.agent_name, p.at
    from hub.permission_log p join servers s on s.id = p.server_id left join sessions e on e.id = p.session_id
    where p.project_id = $1 and ($2::bigint is null or p.id < $2) and ($3::text is null or p.session_id::text = lower($3))
      and ($4::text is null or p.decision = $4)
    order by p.id desc limit $5`,
};

/** Newest first. */
export async function listPermissions(
  sql: Sql,
  projectId: ProjectId,
  { limit = DEFAULT_LIMIT, after, session_id, decision }: PermissionPage,
): Promise<{ permissions: z.input<typeof Permission>[]; next: string | null }> {
  const [before = null] = after === undefined ? [] : readCursor(after, z.tuple([z.number().int()]));
  const rows = await sql.query<Row>(LIST, [projectId, before, session_id ?? null, decision ?? null, limit + 1]);
  const page = rows.slice(0, limit);
  const permissions = page.map((row) => ({ ...row, id: Number(row.id), at: row.at.toISOString() }));
  return { permissions, next: rows.length > limit ? encodeCursor([Number(page.at(-1)?.id)]) : null };
}
