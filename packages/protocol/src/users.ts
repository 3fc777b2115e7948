import { z } from "zod";
import { Password, User } from "./people.ts";
import { plainName } from "./plain-name.ts";
import { GlobalRole, Moment, UserId } from "./vocabulary.ts";

/** Somebody's account, as admins see it. */
export const Account = User.extend({
  deactivated_at: Moment.nullable().describe("Since when it opens nothing; null: it does"),
  has_password: z.boolean().describe("False for whoever signs in another way"),
  sign_ins: z.number().int().describe("How many are open"),
  last_signed_in_at: Moment.nullable(),
  projects: z.number().int().describe("How many they have a role in"),
}).meta({ id: "Account" });
export type Account = z.infer<typeof Account>;

const Name = plainName(120);

export const AccountChanges = z
  .object({
    name: Name.optional(),
    role: GlobalRole.optional().describe("admin: may do everything; viewer: what their roles in projects say"),
  })
  .meta({ id: "AccountChanges" });

export const OwnChanges = z.object({ name: Name }).meta({ id: "OwnChanges" });

export const PasswordChange = z
  .object({
    old_password: z.string().min(1).max(200),
    password: Password.describe("Not the name, the e-mail address or the old one"),
  })
  .meta({ id: "PasswordChange" });

/** Where somebody is signed in. */
export const OpenSignIn = z
  .object({
    id: z.uuid(),
    user_id: UserId,
    current: z.boolean().describe("True for the one that asks"),
    user_agent: z.string(),
    address: z.string().describe("Where it was made from"),
    created_at: Moment,
    last_used_at: Moment.nullable().describe("To the minute"),
    expires_at: Moment,
  })
  .meta({ id: "OpenSignIn" });
export type OpenSignIn = z.infer<typeof OpenSignIn>;
