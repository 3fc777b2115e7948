import type { LinkedIdentity } from "@orchestratia/protocol/oauth";
import { Problem } from "@orchestratia/protocol/problems";
import { actorOf, type Caller } from "../access/caller.ts";
import { type Sql, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { linkLocked, lockIdentity } from "./identity-row.ts";
import type { Oauth } from "./oauth.ts";
import type { Profile } from "./profile.ts";
import type { KnownProvider, Providers } from "./providers.ts";

type Person = Extract<Caller, { kind: "user" }>;

interface Row {
  id: string;
  provider: string;
  email: string | null;
  created_at: Date;
  last_used_at: Date | null;
}

/** Links somebody at a provider to the account that asked for it; once more changes nothing. Throws identity_taken. */
export async function linkIdentity(
  { users }: Oauth,
  { id: userId }: Pick<Person, "id">,
  { provider, profile }: { provider: KnownProvider; profile: Profile },
): Promise<void> {
  await transaction(users.database.pool, async (tx) => {
    const linked = await lockIdentity(tx, provider.id, profile);
    if (linked?.id === userId) return;
    if (linked) {
      throw new Problem(
        "identity_taken",
        `That account at ${provider.name} is linked to somebody else's account here.`,
      );
    }
    const [user] = await tx.query<Parameters<typeof linkLocked>[3]>(
      "select id, email, name, role, created_at from admin_users where id = $1 and deactivated_at is null for no key update",
      [userId],
    );
    if (!user) throw new Problem("unauthenticated");
    await linkLocked(tx, provider.id, profile, user);
    if (profile.isEmailVerified && profile.email?.toLowerCase() === user.email) {
      await tx.query("update admin_users set email_proven_at = coalesce(email_proven_at, now()) where id = $1", [
        userId,
      ]);
    }
  });
  users.events.wake();
}

/** The oldest first. */
export async function listIdentities(
  { users, providers }: Pick<Oauth, "users" | "providers">,
  { id }: Pick<Person, "id">,
): Promise<LinkedIdentity[]> {
  const { sql } = users.database;
  const rows = await sql.query<Row>(
    `select id, provider, email, created_at, last_used_at from hub.oauth_identities
     where user_id = $1 order by created_at, id`,
    [id],
  );
  const names = await namesOf(providers);
  return rows.map((row) => toIdentity(row, names));
}

/** Throws identity_not_found, or last_way_in when nothing else would let them in. */
export async function unlinkIdentity(
  { users, providers }: Pick<Oauth, "users" | "providers">,
  caller: Person,
  id: string,
): Promise<LinkedIdentity> {
  const offered = (await providers.offered()).map((provider) => provider.id);
  const unlinked = await transaction(users.database.pool, async (tx) => {
    // One after another: of two that are unlinked at once the second sees that the first is gone.
    await tx.query("select from admin_users where id = $1 for no key update", [caller.id]);
    const [row] = await tx.query<Row>(
      `delete from hub.oauth_identities where id = $1 and user_id = $2
       returning id, provider, email, created_at, last_used_at`,
      [id, caller.id],
    );
    if (!row) throw new Problem("identity_not_found");
    if (!(await hasAnotherWay(tx, caller.id, offered))) {
      throw new Problem(
        "last_way_in",
        "Nothing else would let you in. Link another account first, or ask an admin for a link to set a password.",
      );
    }
    await record(tx, {
      type: "user.identity_unlinked",
      project_id: null,
      actor: actorOf(caller),
      details: { user_id: caller.id, email: caller.email, provider: row.provider },
    });
    return row;
  });
  users.events.wake();
  return toIdentity(unlinked, await namesOf(providers));
}

async function hasAnotherWay(sql: Sql, userId: string, offered: readonly string[]): Promise<boolean> {
  const [row] = await sql.query<{ has: boolean }>(
    `select password_hash is not null or exists (
       select from hub.oauth_identities i where i.user_id = u.id and i.provider = any($2)) as has
     from admin_users u where u.id = $1`,
    [userId, offered],
  );
  return row?.has ?? false;
}

async function namesOf(providers: Providers): Promise<ReadonlyMap<string, string>> {
  return new Map((await providers.list()).map(({ id, name }) => [id, name]));
}

const toIdentity = (row: Row, names: ReadonlyMap<string, string>): LinkedIdentity => ({
  id: row.id,
  provider: row.provider,
  provider_name: names.get(row.provider) ?? null,
  email: row.email,
  created_at: row.created_at.toISOString(),
  last_used_at: row.last_used_at?.toISOString() ?? null,
});
