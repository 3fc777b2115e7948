import { me, setup, setupState, signIn, signOut as signOutOperation } from "@orchestratia/protocol/operations/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { csrfToken } from "../http/csrf.ts";
import { serve, servePublic } from "../http/serve.ts";
import { originOf, signInCookie, type WelcomeParts, welcome } from "../http/welcome.ts";
import { setUp, signInWithPassword, type Users } from "./commands.ts";
import { signOut } from "./revoke-sign-in.ts";
import { isSetupNeeded } from "./setup-link.ts";
import { toUser } from "./user-row.ts";

export interface UserRouteParts extends WelcomeParts {
  users: Users;
}

export function userRoutes(app: FastifyInstance, parts: UserRouteParts): void {
  const { users, cookieName, csrfSecret } = parts;
  servePublic(app, setupState, async () => ({ needed: await isSetupNeeded(users.database.sql) }));

  servePublic(app, setup, async ({ body, request, reply }) => {
    const signedIn = await setUp(users, body, originOf(request));
    return { user: toUser(signedIn.user), ...welcome(parts, signedIn, { request, reply }) };
  });

  servePublic(app, signIn, async ({ body, request, reply }) => {
    const signedIn = await signInWithPassword(users, body, originOf(request));
    return { user: toUser(signedIn.user), ...welcome(parts, signedIn, { request, reply }) };
  });

  serve(app, signOutOperation, async ({ request, reply }) => {
    if (request.identity) await signOut(users, request.identity);
    reply.clearCookie(cookieName, signInCookie(request));
    return { ok: true } as const;
  });

  serve(app, me, async ({ caller, request }) => {
    if (caller.kind !== "user") throw new Problem("forbidden", "This token is the machine's own and no person's.");
    const user = await users.database.prisma.admin_users.findUnique({ where: { id: caller.id } });
    if (!user) throw new Problem("unauthenticated");
    const { signInId, expiresAt } = request.identity ?? {};
    return {
      user: toUser(user),
      csrf_token: signInId === undefined ? null : csrfToken(csrfSecret, signInId),
      expires_at: expiresAt?.toISOString() ?? null,
    };
  });
}
