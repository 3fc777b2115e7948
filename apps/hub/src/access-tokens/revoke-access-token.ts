import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { AccessTokens } from "./create-access-token.ts";
import { ACCESS_TOKEN_COLUMNS, type AccessTokenRow, type AccessTokenView, IS_LIVE, toAccessToken } from "./queries.ts";

/** Ends a token of the caller's own, or for an admin anybody's, wherever it is used. Throws access_token_not_found. */
export async function revokeAccessToken(
  { database, events, identities }: AccessTokens,
  caller: Extract<Caller, { kind: "user" }>,
  id: string,
): Promise<AccessTokenView> {
  const revoked = await transaction(database.pool, async (tx) => {
    // The machine's own token is nobody's, and ends with its file.
    const [row] = await tx.query<AccessTokenRow & { token_hash: string }>(
      `update hub.access_tokens t set revoked_at = now()
       where t.id = $1 and ${IS_LIVE} and t.user_id is not null and ($2 or t.user_id = $3)
       returning ${ACCESS_TOKEN_COLUMNS}, t.token_hash`,
      [id, caller.role === "admin", caller.id],
    );
    if (!row) throw new Problem("access_token_not_found");
    await record(tx, {
      type: "access_token.revoked",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: row.user_id, access_token_id: row.id, name: row.name },
    });
    return row;
  });
  identities.forget(revoked.token_hash);
  events.wake();
  return toAccessToken(revoked);
}
