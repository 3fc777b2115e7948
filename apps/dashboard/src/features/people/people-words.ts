import type { Account } from "@orchestratia/protocol/users";
import { GlobalRole } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";

export type HubRole = z.infer<typeof GlobalRole>;

export const hubRoleWord: Readonly<Record<HubRole, string>> = { admin: "Admin", viewer: "User" };

/** What a role is for, in a sentence. */
export const hubRoleHelp: Readonly<Record<HubRole, string>> = {
  admin: "Admins do everything in every project, and settle who comes in.",
  viewer: "Users see the projects that they are in, and do there what their role says.",
};

export const hubRoleOf = (value: string): HubRole => GlobalRole.catch("viewer").parse(value);

/** What choosing another role does, before it does it. */
export function hubChangeWords(name: string, isMe: boolean, to: HubRole): string {
  return `${isMe ? "You become" : `${name} becomes`} ${to === "admin" ? "an admin" : "a user"}. ${hubRoleHelp[to]}`;
}

/** "2 projects, signed in twice" and the like, for one line under a name. */
export function accountWords({ projects, sign_ins, has_password }: Account): string {
  const parts = [
    projects === 1 ? "in one project" : `in ${projects === 0 ? "no" : projects} projects`,
    sign_ins === 0 ? "not signed in" : `signed in ${sign_ins === 1 ? "once" : `${sign_ins} times`}`,
    ...(has_password ? [] : ["no password"]),
  ];
  return parts.join(", ");
}

/** What ends when an account is deactivated. */
export const deactivationWords = (name: string, isMe: boolean): string =>
  isMe
    ? "You are signed out everywhere, and your access tokens end. Only another admin can bring the account back."
    : `Every sign-in, access token and reset link of ${name} ends at once. What they have done stays, and an admin can bring the account back.`;
