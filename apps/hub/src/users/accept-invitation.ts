import type { AcceptInvitation, Joined } from "@orchestratia/protocol/invitations";
import { Problem } from "@orchestratia/protocol/problems";
import type { GlobalRole, ProjectId, ProjectRole, UserId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { secretHash } from "../access/secret-hash.ts";
import { projectLock, type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { SignedIn, Users } from "./commands.ts";
import { findOpenInvitation, GOOD_INVITATION, noSuchLink } from "./invitations.ts";
import { mustBeStrongPassword } from "./password-rule.ts";
import { hashPassword } from "./passwords.ts";
import { closeSetup } from "./setup-link.ts";
import { type Origin, openSignIn } from "./sign-ins.ts";
import type { UserRow } from "./user-row.ts";

/** What an invitation offered to whoever took it. */
interface Taken {
  id: string;
  email: string | null;
  role: z.infer<typeof GlobalRole>;
  project_id: ProjectId | null;
  project_role: z.infer<typeof ProjectRole> | null;
  /** Whether an admin or the hub itself made it, and not a project's owner. */
  by_admin: boolean;
}

export interface Guest {
  email: string;
  /** A provider answers for the address. */
  isEmailVerified: boolean;
  name: string;
  /** Null: they sign in by other means. */
  passwordHash: string | null;
}

/** Throws token_invalid, email_taken, password_weak, or invalid_request without an address. */
export async function acceptInvitation(
  users: Users,
  { token, name, email, password }: z.output<typeof AcceptInvitation>,
  from: Origin,
): Promise<SignedIn> {
  const { pool, sql } = users.database;
  // Looked at first, so that a stranger cannot make the hub hash passwords.
  const offer = await findOpenInvitation(sql, token);
  if (!offer) throw noSuchLink();
  const address = email ?? offer.email;
  if (address === null) throw new Problem("invalid_request", "Say which e-mail address the account is to have.");
  mustBeStrongPassword(password, { email: address, name });
  const passwordHash = await hashPassword(password);
  const signedIn = await transaction(pool, async (tx) => {
    const user = await acceptInvitationLocked(tx, token, {
      email: address,
      isEmailVerified: false,
      name,
      passwordHash,
    });
    const actor = { type: "user", id: user.id, name } as const;
    const opened = await openSignIn(tx, users.tokens, user.id, from);
    await record(tx, {
      type: "user.signed_in",
      project_id: null,
      actor,
      details: { sign_in_id: opened.signInId, address: from.address },
    });
    return { user, ...opened };
  });
  users.events.wake();
  return signedIn;
}

/**
 * Makes the guest's account with what the invitation offers, in the caller's transaction; of several who come at once one
 * is let in. It takes the project's lock, so nothing may be locked before it. `guest.email` must be known to be the guest's, unless the invitation names it. Throws token_invalid,
 * email_taken, or forbidden when the invitation is for another address.
 */
export async function acceptInvitationLocked(tx: Tx, token: string, guest: Guest): Promise<UserRow & { id: UserId }> {
  const { email, isEmailVerified, name, passwordHash } = guest;
  const taken = await take(tx, token, email);
  if (!taken) throw noSuchLink();
  if (taken.role === "admin") await closeSetup(tx);
  const [user] = await tx.query<UserRow & { id: UserId }>(
    `insert into admin_users (email, name, role, password_hash, email_proven_at)
     values ($1, $2, $3, $4, case when $5 then now() end)
     on conflict (email) do nothing returning id, email, name, role, created_at`,
    [email, name, taken.role, passwordHash, isEmailVerified],
  );
  if (!user) {
    throw new Problem("email_taken", `${email} has an account here. Sign in with it and open the link again.`);
  }
  const actor = { type: "user", id: user.id, name } as const;
  await record(tx, { type: "user.created", project_id: null, actor, details: { email } });
  await settle(tx, taken, { id: user.id, name, email }, actor);
  return user;
}

/** Gives whoever has an account what the invitation offers. Throws invitation_not_found, member_exists or forbidden. */
export async function joinByInvitation(
  { database, events, identities }: Users,
  caller: Extract<Caller, { kind: "user" }>,
  token: string,
): Promise<z.input<typeof Joined>> {
  const joined = await transaction(database.pool, (tx) => joinByInvitationLocked(tx, caller, token));
  identities.forgetUser(caller.id);
  events.wake();
  return joined;
}

/** Whoever calls it says `identities.forgetUser` after the commit. */
async function joinByInvitationLocked(
  tx: Tx,
  caller: Extract<Caller, { kind: "user" }>,
  token: string,
): Promise<z.input<typeof Joined>> {
  const taken = await take(tx, token, caller.email);
  if (!taken) {
    throw new Problem("invitation_not_found", "The invitation is not valid: it was used, withdrawn or is too old.");
  }
  if (taken.role === "admin") await closeSetup(tx);
  const actor = actorOf(caller);
  const raised = await tx.query(
    "update admin_users set role = 'admin' where id = $1 and role <> 'admin' and $2 = 'admin' returning id",
    [caller.id, taken.role],
  );
  if (raised.length > 0) {
    const { id: user_id, email, role: from } = caller;
    await record(tx, {
      type: "user.role_changed",
      project_id: null,
      actor,
      details: { user_id, email, role: "admin", from },
    });
  }
  const member = await settle(tx, taken, caller, actor);
  if (raised.length === 0 && !member?.changed) {
    throw new Problem("member_exists", "You have all that this invitation offers. It stays good for somebody else.");
  }
  const [project] = await tx.query<{ id: ProjectId; key: string; name: string }>(
    "select id, key, name from projects where id = $1",
    [taken.project_id],
  );
  return {
    role: raised.length > 0 ? "admin" : caller.role,
    project: project ?? null,
    project_role: member?.role ?? null,
  };
}

/** Holds the invitation until the end of the transaction: whoever comes meanwhile waits, and finds it used. */
async function take(tx: Tx, token: string, email: string): Promise<Taken | undefined> {
  const hash = secretHash(token);
  const [known] = await tx.query<{ project_id: ProjectId | null }>(
    "select project_id from hub.invitations where token_hash = $1",
    [hash],
  );
  if (known?.project_id != null) await projectLock(tx, known.project_id);
  const [taken] = await tx.query<Taken>(
    `select i.id, i.email, i.role, i.project_id, i.project_role, i.invited_by is null or exists (
       select from admin_users a where a.id = i.invited_by and a.role = 'admin') as by_admin
     from hub.invitations i
     where i.token_hash = $1 and ${GOOD_INVITATION} for update of i`,
    [hash],
  );
  if (taken?.email != null && taken.email !== email.toLowerCase()) {
    throw new Problem("forbidden", `This invitation is for ${taken.email}.`);
  }
  return taken;
}

/**
 * Marks it as used and gives the role in the project, if there is one; a higher one stays. An admin who named the address
 * has vouched that it is theirs; an owner has no say in whose it is.
 */
async function settle(
  tx: Tx,
  { id, email, by_admin, project_id, project_role: role }: Taken,
  user: { id: UserId; name: string; email: string },
  actor: ReturnType<typeof actorOf>,
): Promise<{ role: z.infer<typeof ProjectRole>; changed: boolean } | undefined> {
  await tx.query("update hub.invitations set accepted_at = now(), accepted_by = $2 where id = $1", [id, user.id]);
  if (email !== null && by_admin) {
    await tx.query("update admin_users set email_proven_at = coalesce(email_proven_at, now()) where id = $1", [
      user.id,
    ]);
  }
  await record(tx, {
    type: "invitation.accepted",
    project_id,
    actor,
    details: { invitation_id: id, user_id: user.id, email: user.email },
  });
  if (project_id === null || role === null) return undefined;
  const [before] = await tx.query<{ role: z.infer<typeof ProjectRole> }>(
    "select role from project_members where project_id = $1 and user_id = $2",
    [project_id, user.id],
  );
  if (before && RANK.indexOf(before.role) >= RANK.indexOf(role)) return { ...before, changed: false };
  await tx.query(
    `insert into project_members (project_id, user_id, role) values ($1, $2, $3)
     on conflict (project_id, user_id) do update set role = $3`,
    [project_id, user.id, role],
  );
  const fact = { project_id, actor } as const;
  const details = { user_id: user.id, name: user.name, role };
  if (before) await record(tx, { type: "project.member_changed", ...fact, details: { ...details, from: before.role } });
  else await record(tx, { type: "project.member_added", ...fact, details });
  return { role, changed: true };
}

const RANK = ["viewer", "member", "owner"];
