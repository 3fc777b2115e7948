import { me, setup, setupState, signIn, signOut as signOutOperation } from "@orchestratia/protocol/operations/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { csrfToken } from "../http/csrf.ts";
import { serve, servePublic } from "../http/serve.ts";
import { type SignedIn, setUp, signInWithPassword, signOut, type Users } from "./commands.ts";
import { isSetupNeeded } from "./setup-link.ts";
import type { Origin } from "./sign-ins.ts";
import { toUser } from "./user-row.ts";

export interface UserRouteParts {
  users: Users;
  cookieName: string;
  csrfSecret: string;
}

export function userRoutes(app: FastifyInstance, { users, cookieName, csrfSecret }: UserRouteParts): void {
  const welcome = ({ user, signInId, token, expiresAt }: SignedIn, request: FastifyRequest, reply: FastifyReply) => {
    reply.setCookie(cookieName, token, { ...cookieOptions(request), expires: expiresAt });
    return {
      user: toUser(user),
      token,
      csrf_token: csrfToken(csrfSecret, signInId),
      expires_at: expiresAt.toISOString(),
    };
  };

  servePublic(app, setupState, async () => ({ needed: await isSetupNeeded(users.database.sql) }));

  servePublic(app, setup, async ({ body, request, reply }) =>
    welcome(await setUp(users, body, originOf(request)), request, reply),
  );

  servePublic(app, signIn, async ({ body, request, reply }) =>
    welcome(await signInWithPassword(users, body, originOf(request)), request, reply),
  );

  serve(app, signOutOperation, async ({ request, reply }) => {
    if (request.identity) await signOut(users, request.identity);
    reply.clearCookie(cookieName, cookieOptions(request));
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

const cookieOptions = ({ protocol }: FastifyRequest) =>
  ({ path: "/", httpOnly: true, sameSite: "lax", secure: protocol === "https" }) as const;

const originOf = ({ ip, headers }: FastifyRequest): Origin => ({ address: ip, userAgent: headers["user-agent"] ?? "" });
