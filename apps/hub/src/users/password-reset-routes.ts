import * as operations from "@orchestratia/protocol/operations/password-resets";
import type { FastifyInstance } from "fastify";
import { serve, servePublic } from "../http/serve.ts";
import { originOf, type WelcomeParts, welcome } from "../http/welcome.ts";
import type { Users } from "./commands.ts";
import type { LinkAttempts } from "./link-attempts.ts";
import { createPasswordReset, resetPassword, viewPasswordReset } from "./password-resets.ts";
import { toUser } from "./user-row.ts";

export interface PasswordResetRouteParts extends WelcomeParts {
  users: Users;
  publicUrl: () => string;
  attempts: LinkAttempts;
}

export function passwordResetRoutes(app: FastifyInstance, parts: PasswordResetRouteParts): void {
  const { users, publicUrl, attempts } = parts;

  serve(app, operations.createPasswordReset, ({ caller, params }) =>
    createPasswordReset({ ...users, publicUrl }, caller, params.user),
  );

  servePublic(app, operations.viewPasswordReset, ({ body, request }) =>
    attempts.limit(request.ip, () => viewPasswordReset(users.database.sql, body.token)),
  );

  servePublic(app, operations.resetPassword, async ({ body, request, reply }) => {
    const signedIn = await attempts.limit(request.ip, () => resetPassword(users, body, originOf(request)));
    return { user: toUser(signedIn.user), ...welcome(parts, signedIn, { request, reply }) };
  });
}
