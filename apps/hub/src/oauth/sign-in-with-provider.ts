import { Problem } from "@orchestratia/protocol/problems";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { acceptInvitationLocked } from "../users/accept-invitation.ts";
import type { SignedIn } from "../users/commands.ts";
import { findOpenInvitation } from "../users/invitations.ts";
import { type Origin, openSignIn } from "../users/sign-ins.ts";
import type { UserRow } from "../users/user-row.ts";
import { type IdentityUser, linkLocked, lockIdentity } from "./identity-row.ts";
import type { Oauth } from "./oauth.ts";
import type { Profile } from "./profile.ts";
import type { KnownProvider } from "./providers.ts";

const NAME_LIMIT = 120;

/** Somebody who came back from a provider. */
export interface Newcomer {
  provider: KnownProvider;
  profile: Profile;
  /** The token of an invitation that they came with. */
  invitation: string | undefined;
}

/**
 * Signs in whoever the provider vouches for: as the account that is linked, else by their invitation, else as the account
 * with their verified address, if proven, where the provider is trusted with that, else with a new account where its domain is
 * allowed. `isNew`: nobody had linked it before. Throws not_invited, email_unverified, email_taken or user_deactivated, or what an invitation may be refused with.
 */
export async function signInWithProvider(
  { users }: Oauth,
  newcomer: Newcomer,
  from: Origin,
): Promise<SignedIn & { isNew: boolean }> {
  const { provider, profile } = newcomer;
  try {
    return await transaction(users.database.pool, async (tx) => {
      const linked = await lockIdentity(tx, provider.id, profile);
      if (linked) await seen(tx, newcomer);
      const user = linked ?? (await unlinkedUser(tx, newcomer));
      if (user.deactivated_at) throw deactivated(user);
      if (!linked) await linkLocked(tx, provider.id, profile, user);
      const opened = await openSignIn(tx, users.tokens, user.id, from);
      await record(tx, {
        type: "user.signed_in",
        project_id: null,
        actor: { type: "user", id: user.id, name: user.name },
        details: { sign_in_id: opened.signInId, address: from.address, provider: provider.id },
      });
      return { user, isNew: !linked, ...opened };
    });
  } catch (error) {
    if (error instanceof Problem) await recordDenial(users.database.sql, newcomer, from, error);
    throw error;
  } finally {
    users.events.wake();
  }
}

async function unlinkedUser(tx: Tx, newcomer: Newcomer): Promise<IdentityUser> {
  const { provider, profile, invitation } = newcomer;
  const email = profile.email?.toLowerCase();
  if (invitation !== undefined) return invited(tx, invitation, newcomer);
  const domain = email?.split("@").at(-1);
  const isAllowed = domain !== undefined && provider.allowedDomains.includes(domain);
  if (!provider.linkVerifiedEmail && !isAllowed) throw notInvited(provider);
  // From here on an address counts, and one that nobody has checked is no one's.
  if (email === undefined || !profile.isEmailVerified) throw unverified(provider);
  const [present] = await tx.query<IdentityUser & { is_proven: boolean }>(
    `select id, email, name, role, created_at, deactivated_at, email_proven_at is not null as is_proven
     from admin_users where email = $1 for share`,
    [email],
  );
  if (present && !present.deactivated_at && !provider.linkVerifiedEmail) throw taken(email);
  // Somebody else may have made the account with this address, and would keep their password for it.
  if (present && !present.deactivated_at && !present.is_proven) throw unproven(email);
  if (present) return present;
  if (!isAllowed) throw notInvited(provider);
  return newViewer(tx, { email, name: nameOf(profile, email) });
}

async function invited(tx: Tx, token: string, { provider, profile }: Newcomer): Promise<IdentityUser> {
  const email = profile.email?.toLowerCase();
  const offer = await findOpenInvitation(tx, token);
  // Who holds a link that names an address could as well choose a password for it.
  const isTheirs = profile.isEmailVerified || (offer !== undefined && offer.email === email);
  if (email === undefined || (offer && !isTheirs)) throw unverified(provider);
  const user = await acceptInvitationLocked(tx, token, {
    email,
    isEmailVerified: profile.isEmailVerified,
    name: nameOf(profile, email),
    passwordHash: null,
  });
  return { ...user, deactivated_at: null };
}

/** `email` is verified. */
async function newViewer(tx: Tx, { email, name }: { email: string; name: string }): Promise<IdentityUser> {
  const [user] = await tx.query<UserRow & { id: UserId }>(
    `insert into admin_users (email, name, role, email_proven_at) values ($1, $2, 'viewer', now())
     on conflict (email) do nothing returning id, email, name, role, created_at`,
    [email, name],
  );
  if (!user) throw taken(email);
  const actor = { type: "user", id: user.id, name } as const;
  await record(tx, { type: "user.created", project_id: null, actor, details: { email } });
  return { ...user, deactivated_at: null };
}

async function seen(tx: Tx, { provider, profile }: Newcomer): Promise<void> {
  const rows = await tx.query(
    `update hub.oauth_identities set last_used_at = now(), email = coalesce($4, email)
     where provider = $1 and issuer = $2 and subject = $3 returning id`,
    [provider.id, profile.issuer, profile.subject, profile.email ?? null],
  );
  // Unlinked while this waited for the account.
  if (rows.length === 0) throw notInvited(provider);
}

async function recordDenial(
  sql: Oauth["users"]["database"]["sql"],
  { provider, profile }: Newcomer,
  { address }: Origin,
  { code, members }: Problem,
): Promise<void> {
  const email = profile.email ?? "";
  const id = typeof members.user_id === "string" ? members.user_id : null;
  await record(sql, {
    type: "user.sign_in_denied",
    project_id: null,
    actor: { type: "user", id, name: profile.name ?? (email || profile.subject) },
    details: { email, address, provider: provider.id, problem: code },
  });
}

const nameOf = ({ name }: Profile, email: string): string =>
  (name?.trim() || email.split("@")[0] || email).slice(0, NAME_LIMIT);

const deactivated = ({ id, email }: IdentityUser) =>
  new Problem("user_deactivated", `The account ${email} is deactivated.`, { user_id: id });
const notInvited = ({ name }: KnownProvider) =>
  new Problem("not_invited", `No account here is linked to yours at ${name}. Ask for an invitation.`);
const unverified = ({ name }: KnownProvider) =>
  new Problem("email_unverified", `${name} does not say that your e-mail address is yours. Verify it there first.`);
const taken = (email: string) =>
  new Problem("email_taken", `${email} has an account here. Sign in to it another way, then link this one.`);
const unproven = (email: string) =>
  new Problem(
    "email_taken",
    `${email} has an account here, but nobody has shown that it belongs to the address. If the account is yours, sign in to it another way, then link this one; else an admin must settle it.`,
  );
