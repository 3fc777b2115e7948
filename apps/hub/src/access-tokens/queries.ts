import type { AccessToken } from "@orchestratia/protocol/access-tokens";
import type { ProjectId, UserId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { Sql } from "../db/transaction.ts";

export type AccessTokenView = z.input<typeof AccessToken>;

export interface AccessTokenRow {
  id: string;
  user_id: UserId;
  name: string;
  prefix: string;
  scope: "read" | "write";
  projects: { id: ProjectId; key: string | null }[] | null;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

/** Of `hub.access_tokens t`. */
export const ACCESS_TOKEN_COLUMNS = `t.id, t.user_id, t.name, t.prefix, t.scope, t.created_at, t.expires_at, t.last_used_at,
  case when t.project_ids is not null then (
    select coalesce(json_agg(json_build_object('id', o.id, 'key', p.key) order by p.key), '[]')
    from unnest(t.project_ids) as o(id) left join projects p on p.id = o.id) end as projects`;
/** Of `hub.access_tokens t`: those that open something. */
export const IS_LIVE = "t.revoked_at is null and (t.expires_at is null or t.expires_at > now())";

/** Somebody's tokens that open something, newest first. */
export async function listAccessTokens(sql: Sql, userId: string): Promise<AccessTokenView[]> {
  const rows = await sql.query<AccessTokenRow>(
    `select ${ACCESS_TOKEN_COLUMNS} from hub.access_tokens t where t.user_id = $1 and ${IS_LIVE}
     order by t.created_at desc, t.id limit 1000`,
    [userId],
  );
  return rows.map(toAccessToken);
}

export const toAccessToken = (row: AccessTokenRow): AccessTokenView => ({
  id: row.id,
  user_id: row.user_id,
  name: row.name,
  prefix: row.prefix,
  scope: row.scope,
  projects: row.projects,
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at?.toISOString() ?? null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
});
