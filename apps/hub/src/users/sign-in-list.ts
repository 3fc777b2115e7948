import type { OpenSignIn } from "@orchestratia/protocol/users";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { Sql } from "../db/transaction.ts";

export type SignInView = z.input<typeof OpenSignIn>;

export interface SignInRow {
  id: string;
  user_id: UserId;
  user_agent: string;
  ip: string;
  created_at: Date;
  last_used_at: Date | null;
  expires_at: Date;
}

/** Of `hub.sign_ins s`. */
export const SIGN_IN_COLUMNS = "s.id, s.user_id, s.user_agent, s.ip, s.created_at, s.last_used_at, s.expires_at";
/** Of `hub.sign_ins s`: those that let somebody in. */
export const IS_OPEN = "s.revoked_at is null and s.expires_at > now()";

/** Somebody's open sign-ins, newest first; `current` is the one that asks. */
export async function listSignIns(sql: Sql, userId: string, current: string | undefined): Promise<SignInView[]> {
  const rows = await sql.query<SignInRow>(
    `select ${SIGN_IN_COLUMNS} from hub.sign_ins s where s.user_id = $1 and ${IS_OPEN} order by s.created_at desc, s.id limit 1000`,
    [userId],
  );
  return rows.map((row) => toSignIn(row, current));
}

export const toSignIn = (row: SignInRow, current: string | undefined): SignInView => ({
  id: row.id,
  user_id: row.user_id,
  current: row.id === current,
  user_agent: row.user_agent,
  address: row.ip,
  created_at: row.created_at.toISOString(),
  last_used_at: row.last_used_at?.toISOString() ?? null,
  expires_at: row.expires_at.toISOString(),
});
