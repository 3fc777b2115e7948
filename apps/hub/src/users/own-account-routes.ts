import * as operations from "@orchestratia/protocol/operations/users";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve } from "../http/serve.ts";
import { signInCookie } from "../http/welcome.ts";
import { getAccount } from "./accounts.ts";
import type { Users } from "./commands.ts";
import { changePassword, updateMe } from "./own-account.ts";
import { revokeSignIn } from "./revoke-sign-in.ts";
import { listSignIns } from "./sign-in-list.ts";

export interface OwnAccountParts {
  users: Users;
  cookieName: string;
}

/** What somebody who has signed in does about themselves. */
export function ownAccountRoutes(app: FastifyInstance, { users, cookieName }: OwnAccountParts): void {
  serve(app, operations.updateMe, ({ caller, request, body }) =>
    updateMe(users, signedIn(caller, request).caller, body),
  );

  serve(app, operations.changePassword, async ({ caller, request, body }) => {
    const by = { ...signedIn(caller, request), address: request.ip };
    return { ok: true as const, ended_sign_ins: await changePassword(users, by, body) };
  });

  serve(app, operations.listSignIns, async ({ caller: who, request, query }) => {
    const { caller, signInId } = signedIn(who, request);
    const { user = caller.id } = query;
    if (user !== caller.id) {
      if (caller.role !== "admin")
        throw new Problem("forbidden", "Only an admin of the hub sees where others are signed in.");
      await getAccount(users.database.sql, user);
    }
    return { sign_ins: await listSignIns(users.database.sql, user, signInId) };
  });

  serve(app, operations.revokeSignIn, async ({ caller: who, request, reply, params }) => {
    const { caller, signInId: current } = signedIn(who, request);
    const revoked = await revokeSignIn(users, caller, { signInId: params.sign_in, current });
    if (revoked.current) reply.clearCookie(cookieName, signInCookie(request));
    return revoked;
  });
}

/** The operations' access has let nobody else in. */
function signedIn(
  caller: Caller,
  { identity }: FastifyRequest,
): { caller: Extract<Caller, { kind: "user" }>; signInId: string } {
  if (caller.kind !== "user" || identity?.signInId === undefined) throw new Problem("forbidden");
  return { caller, signInId: identity.signInId };
}
