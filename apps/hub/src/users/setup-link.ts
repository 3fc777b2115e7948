import { rm } from "node:fs/promises";
import path from "node:path";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import type { Database } from "../db/database.ts";
import { type Sql, transaction } from "../db/transaction.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

const fileIn = (home: string) => path.join(home, "setup-token");

/**
 * The one-time token of the set-up link, or undefined when the hub has its admin. It is kept in `setup-token` (0600)
 * of the home as well, so that every start prints the same link until it is used.
 */
export async function keepSetupToken({ pool, sql }: Database, home: string): Promise<string | undefined> {
  if (!(await isSetupNeeded(sql))) {
    await closeSetup(sql);
    await forgetSetupToken(home);
    return undefined;
  }
  const kept = (await readPrivateFile(fileIn(home)))?.trim();
  if (kept && (await isOpen(sql, kept))) return kept;
  const token = newSecret("");
  await transaction(pool, async (tx) => {
    await closeSetup(tx);
    await tx.query("insert into hub.setup_tokens (token_hash) values ($1)", [secretHash(token)]);
  });
  await writePrivateFile(fileIn(home), `${token}\n`);
  return token;
}

export async function isSetupNeeded(sql: Database["sql"]): Promise<boolean> {
  const [row] = await sql.query<{ needed: boolean }>(
    "select not exists (select from admin_users where role = 'admin') as needed",
  );
  return row?.needed ?? true;
}

/**
 * Ends the set-up link. Whatever makes an admin does this in its transaction, before it makes them: whoever opens the
 * link at that moment waits, and finds it gone.
 */
export async function closeSetup(sql: Sql): Promise<void> {
  await sql.query("delete from hub.setup_tokens where used_at is null");
}

export const forgetSetupToken = (home: string): Promise<void> => rm(fileIn(home), { force: true });

async function isOpen(sql: Database["sql"], token: string): Promise<boolean> {
  const rows = await sql.query("select from hub.setup_tokens where token_hash = $1 and used_at is null", [
    secretHash(token),
  ]);
  return rows.length > 0;
}
