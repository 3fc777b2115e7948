import { z } from "zod";
import { plainName } from "./plain-name.ts";
import { GlobalRole, Moment, UserId } from "./vocabulary.ts";

export const Email = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
export const Password = z.string().min(10, "At least 10 characters").max(200);

export const User = z
  .object({
    id: UserId,
    email: z.string(),
    name: z.string(),
    role: GlobalRole,
    created_at: Moment,
  })
  .meta({ id: "User" });
export type User = z.infer<typeof User>;

export const Setup = z
  .object({
    token: z.string().min(1).max(200),
    email: Email,
    name: plainName(120),
    password: Password,
  })
  .meta({ id: "Setup" });

export const SignIn = z.object({ email: Email, password: z.string().min(1).max(200) }).meta({ id: "SignIn" });

/** The cookie carries the sign-in for browsers; `token` (a JWT, 24 h) serves everybody else as Bearer. */
export const SignedIn = z
  .object({ user: User, token: z.string(), csrf_token: z.string(), expires_at: Moment })
  .meta({ id: "SignedIn" });

/** Who is asking, and what a browser needs to go on. */
export const Me = z
  .object({ user: User, csrf_token: z.string().nullable(), expires_at: Moment.nullable() })
  .meta({ id: "Me" });

export const SetupState = z.object({ needed: z.boolean() }).meta({ id: "SetupState" });
