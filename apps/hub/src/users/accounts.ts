import { Problem } from "@orchestratia/protocol/problems";
import type { Account } from "@orchestratia/protocol/users";
import type { z } from "zod";
import { Conditions } from "../db/conditions.ts";
import type { Sql } from "../db/transaction.ts";
import { toUser, type UserRow } from "./user-row.ts";

interface AccountRow extends UserRow {
  deactivated_at: Date | null;
  has_password: boolean;
  sign_ins: number;
  last_signed_in_at: Date | null;
  projects: number;
}

const SELECT = `select u.id, u.email, u.name, u.role, u.created_at, u.deactivated_at,
    u.password_hash is not null as has_password,
    (select count(*) from hub.sign_ins s
      where s.user_id = u.id and s.revoked_at is null and s.expires_at > now()) as sign_ins,
    (select max(s.created_at) from hub.sign_ins s where s.user_id = u.id) as last_signed_in_at,
    (select count(*) from project_members m where m.user_id = u.id) as projects
  from admin_users u`;
const PAGE = 200;

export interface AccountPage {
  limit?: number | undefined;
  /** The address that the page before ended with. */
  after?: string | undefined;
  role?: "admin" | "viewer" | undefined;
  active?: boolean | undefined;
  name?: string | undefined;
}

type AccountView = z.input<typeof Account>;

/** By e-mail address. `next` is the address to go on behind, null on the last page. */
export async function listAccounts(
  sql: Sql,
  { limit = PAGE, ...page }: AccountPage,
): Promise<{ users: AccountView[]; next: string | null }> {
  const where = new Conditions(limit + 1);
  where.given(page.role, (role) => `u.role = ${role}`);
  where.given(page.active, (active) => `(u.deactivated_at is null) = ${active}`);
  where.given(page.name, (part) => `position(lower(${part}) in lower(u.name || ' ' || u.email)) > 0`);
  where.given(page.after, (email) => `u.email > ${email}`);
  const rows = await sql.query<AccountRow>(`${SELECT} where true${where} order by u.email limit $1`, where.values);
  const users = rows.slice(0, limit).map(toAccount);
  return { users, next: rows.length > limit ? (users.at(-1)?.email ?? null) : null };
}

/** Throws user_not_found. */
export async function getAccount(sql: Sql, userId: string): Promise<AccountView> {
  const [row] = await sql.query<AccountRow>(`${SELECT} where u.id = $1`, [userId]);
  if (!row) throw new Problem("user_not_found");
  return toAccount(row);
}

const toAccount = (row: AccountRow): AccountView => ({
  ...toUser(row),
  deactivated_at: row.deactivated_at?.toISOString() ?? null,
  has_password: row.has_password,
  sign_ins: row.sign_ins,
  last_signed_in_at: row.last_signed_in_at?.toISOString() ?? null,
  projects: row.projects,
});
