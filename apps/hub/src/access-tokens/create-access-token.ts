import type { MadeAccessToken, NewAccessToken } from "@orchestratia/protocol/access-tokens";
import { Problem } from "@orchestratia/protocol/problems";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Identities } from "../access/identities.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import type { Database } from "../db/database.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { projectFor } from "../projects/access.ts";
import { deactivated } from "../users/sign-ins.ts";
import { ACCESS_TOKEN_COLUMNS, type AccessTokenRow, IS_LIVE, toAccessToken } from "./queries.ts";

export interface AccessTokens {
  database: Database;
  events: { wake(): void };
  identities: Identities;
}

/** More than anybody needs, and few enough to look through. */
const LIVE_MAX = 50;
/** Enough to know a token again; what is left cannot be guessed. */
const PREFIX_LENGTH = "orct_".length + 6;

/** Makes a token of the caller's own. Throws project_not_found or too_many_tokens. */
export async function createAccessToken(
  { database, events }: AccessTokens,
  caller: Extract<Caller, { kind: "user" }>,
  { name, scope, projects, expires_in_days }: z.output<typeof NewAccessToken>,
): Promise<z.input<typeof MadeAccessToken>> {
  const projectIds = projects ? await idsOf(database, caller, projects) : null;
  const token = newSecret("orct_");
  const made = await transaction(database.pool, async (tx) => {
    await mustHaveRoom(tx, caller.id);
    const [row] = await tx.query<AccessTokenRow>(
      `insert into hub.access_tokens as t (user_id, name, token_hash, prefix, scope, project_ids, expires_at)
       values ($1, $2, $3, $4, $5, $6, now() + make_interval(days => $7)) returning ${ACCESS_TOKEN_COLUMNS}`,
      [caller.id, name, secretHash(token), token.slice(0, PREFIX_LENGTH), scope, projectIds, expires_in_days],
    );
    if (!row) throw new Error("an insert answers its row");
    await record(tx, {
      type: "access_token.created",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: row.user_id, access_token_id: row.id, name, scope, project_ids: projectIds },
    });
    return { ...toAccessToken(row), token };
  });
  events.wake();
  return made;
}

async function idsOf(database: Database, caller: Caller, refs: readonly string[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const ref of refs) ids.add((await projectFor(database, caller, ref)).id);
  return [...ids];
}

/** The lock makes two that are made at once count each other, and whoever deactivates the account end this one too. */
async function mustHaveRoom(tx: Tx, userId: string): Promise<void> {
  const owner = await tx.query("select from admin_users where id = $1 and deactivated_at is null for no key update", [
    userId,
  ]);
  if (owner.length === 0) throw deactivated();
  const [live] = await tx.query<{ n: number }>(
    `select count(*)::int as n from hub.access_tokens t where t.user_id = $1 and ${IS_LIVE}`,
    [userId],
  );
  if ((live?.n ?? 0) < LIVE_MAX) return;
  throw new Problem("too_many_tokens", `You have ${LIVE_MAX} access tokens. Revoke one that is not needed any more.`);
}
