import { z } from "zod";
import { operation } from "../operation.ts";
import { MadePasswordReset, OpenPasswordReset, PasswordResetToken, ResetPassword } from "../password-resets.ts";
import { SignedIn } from "../people.ts";

const anybody = { door: "public", access: "anyone", tag: "people" } as const;

export const createPasswordReset = operation({
  id: "createPasswordReset",
  door: "people",
  access: "admin",
  tag: "people",
  method: "POST",
  path: "/api/v1/users/:user/password-reset",
  summary: "Make a link with which somebody sets a new password; the one before is void",
  params: z.object({ user: z.uuid() }),
  response: MadePasswordReset,
  status: 201,
  problems: ["user_not_found", "user_deactivated"],
  answersSecret: true,
});

export const viewPasswordReset = operation({
  ...anybody,
  id: "viewPasswordReset",
  method: "POST",
  path: "/api/v1/auth/password-reset",
  summary: "Whose password the link sets",
  body: PasswordResetToken,
  response: OpenPasswordReset,
  problems: ["token_invalid"],
});

export const resetPassword = operation({
  ...anybody,
  id: "resetPassword",
  method: "POST",
  path: "/api/v1/auth/password-reset/use",
  summary: "Set the new password, end every sign-in of the account, and sign in",
  body: ResetPassword,
  response: SignedIn,
  problems: ["token_invalid", "password_weak"],
});
