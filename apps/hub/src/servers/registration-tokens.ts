import { Problem } from "@orchestratia/protocol/problems";
import type { RegistrationTokenInfo } from "@orchestratia/protocol/server-keys";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { type Sql, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Servers } from "./servers.ts";

interface Row extends Pick<RegistrationTokenInfo, "id" | "created_by" | "server_id" | "good"> {
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  revoked_at: Date | null;
}

const COLUMNS = `id, created_by, created_at, expires_at, used_at, revoked_at, server_id,
  used_at is null and revoked_at is null and expires_at > now() as good`;
const MOST = 500;

export async function listRegistrationTokens(sql: Sql, projectId: ProjectId): Promise<RegistrationTokenInfo[]> {
  const rows = await sql.query<Row>(
    `select ${COLUMNS} from registration_tokens where project_id = $1 order by created_at desc, id limit ${MOST}`,
    [projectId],
  );
  return rows.map(toInfo);
}

/** Throws registration_token_not_found; one that was revoked before stays as it is. */
export async function revokeRegistrationToken(
  { database, events }: Servers,
  caller: Caller,
  projectId: ProjectId,
  id: string,
): Promise<RegistrationTokenInfo> {
  const token = await transaction(database.pool, async (tx) => {
    const revoked = await tx.query(
      `update registration_tokens set revoked_at = now() where project_id = $1 and id = $2 and revoked_at is null
       returning id`,
      [projectId, id],
    );
    if (revoked.length > 0) {
      await record(tx, {
        type: "registration_token.revoked",
        project_id: projectId,
        actor: actorOf(caller),
        details: {},
      });
    }
    const [row] = await tx.query<Row>(`select ${COLUMNS} from registration_tokens where project_id = $1 and id = $2`, [
      projectId,
      id,
    ]);
    if (!row) throw new Problem("registration_token_not_found");
    return toInfo(row);
  });
  events.wake();
  return token;
}

const toInfo = (row: Row): RegistrationTokenInfo => ({
  ...row,
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  used_at: row.used_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});
