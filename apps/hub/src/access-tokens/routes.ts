import * as operations from "@orchestratia/protocol/operations/access-tokens";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { getAccount } from "../users/accounts.ts";
import { type AccessTokens, createAccessToken } from "./create-access-token.ts";
import { listAccessTokens } from "./queries.ts";
import { revokeAccessToken } from "./revoke-access-token.ts";

export function accessTokenRoutes(app: FastifyInstance, tokens: AccessTokens): void {
  serve(app, operations.createAccessToken, ({ caller, body }) => createAccessToken(tokens, person(caller), body));

  serve(app, operations.listAccessTokens, async ({ caller: who, query }) => {
    const caller = person(who);
    const { user = caller.id } = query;
    const { sql } = tokens.database;
    if (user !== caller.id) {
      if (caller.role !== "admin") throw new Problem("forbidden", "Only an admin of the hub sees others' tokens.");
      await getAccount(sql, user);
    }
    return { access_tokens: await listAccessTokens(sql, user) };
  });

  serve(app, operations.revokeAccessToken, ({ caller, params }) =>
    revokeAccessToken(tokens, person(caller), params.access_token),
  );
}

/** The operations' access has let nobody else in. */
function person(caller: Caller): Extract<Caller, { kind: "user" }> {
  if (caller.kind !== "user") throw new Problem("forbidden");
  return caller;
}
