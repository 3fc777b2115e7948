import type { Setup, SignIn } from "@orchestratia/protocol/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { z } from "zod";
import type { Identity } from "../access/find-identity.ts";
import type { Identities } from "../access/identities.ts";
import { secretHash } from "../access/secret-hash.ts";
import type { SignInTokens } from "../access/sign-in-token.ts";
import type { Database } from "../db/database.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import { forgetSetupToken, isSetupNeeded } from "./setup-link.ts";
import type { SignInAttempts } from "./sign-in-attempts.ts";
import { type OpenSignIn, type Origin, openSignIn } from "./sign-ins.ts";
import type { UserRow } from "./user-row.ts";

export interface Users {
  database: Database;
  events: { wake(): void };
  identities: Identities;
  tokens: SignInTokens;
  attempts: SignInAttempts;
  home: string;
}

export interface SignedIn extends OpenSignIn {
  user: UserRow;
}

/** Makes the first admin and signs them in. Throws setup_done, token_invalid or email_taken. */
export async function setUp(users: Users, given: z.output<typeof Setup>, from: Origin): Promise<SignedIn> {
  const { pool, sql } = users.database;
  const hash = secretHash(given.token);
  // Looked at first, so that a stranger cannot make the hub hash passwords.
  const open = await sql.query("select from hub.setup_tokens where token_hash = $1 and used_at is null", [hash]);
  if (open.length === 0) throw await refusedSetup(sql);
  const passwordHash = await hashPassword(given.password);

  const signedIn = await transaction(pool, async (tx) => {
    const won = await tx.query(
      "update hub.setup_tokens set used_at = now() where token_hash = $1 and used_at is null returning token_hash",
      [hash],
    );
    if (won.length === 0) throw await refusedSetup(tx);
    const user = await insertAdmin(tx, given, passwordHash);
    return { user, ...(await openSignIn(tx, users.tokens, user.id, from)) };
  });
  users.events.wake();
  await forgetSetupToken(users.home);
  return signedIn;
}

async function refusedSetup(sql: Database["sql"]): Promise<Problem> {
  return (await isSetupNeeded(sql))
    ? new Problem("token_invalid", "This is not the token of the set-up link that the hub printed.")
    : new Problem("setup_done", "This hub has its admin. Sign in.");
}

async function insertAdmin(tx: Tx, { email, name }: z.output<typeof Setup>, passwordHash: string): Promise<UserRow> {
  const [user] = await tx.query<UserRow>(
    `insert into admin_users (email, name, role, password_hash) values ($1, $2, 'admin', $3)
     on conflict (email) do nothing returning id, email, name, role, created_at`,
    [email, name, passwordHash],
  );
  if (!user) throw new Problem("email_taken");
  const actor = { type: "user", id: user.id, name } as const;
  await record(
    tx,
    { type: "user.created", project_id: null, actor, details: { email } },
    { type: "user.signed_in", project_id: null, actor, details: {} },
  );
  return user;
}

/** Throws wrong_credentials, or too_many_requests after repeated failures. */
export async function signInWithPassword(
  users: Users,
  { email, password }: z.output<typeof SignIn>,
  from: Origin,
): Promise<SignedIn> {
  const { attempts, database } = users;
  attempts.require(from.address, email);
  attempts.begin(from.address, email);
  const [user] = await database.sql.query<UserRow & { password_hash: string | null }>(
    "select id, email, name, role, created_at, password_hash from admin_users where email = $1",
    [email],
  );
  if (!(await isPassword(password, user?.password_hash)) || !user) {
    await record(database.sql, {
      type: "user.sign_in_denied",
      project_id: null,
      actor: { type: "user", id: user?.id ?? null, name: user?.name ?? email },
      details: { email },
    });
    users.events.wake();
    throw new Problem("wrong_credentials");
  }
  attempts.succeeded(from.address, email);
  const signedIn = await transaction(database.pool, async (tx) => {
    await record(tx, {
      type: "user.signed_in",
      project_id: null,
      actor: { type: "user", id: user.id, name: user.name },
      details: {},
    });
    return { user, ...(await openSignIn(tx, users.tokens, user.id, from)) };
  });
  users.events.wake();
  return signedIn;
}

/** Ends the sign-in at once, wherever its token is used. A token that is no sign-in stays as it is. */
export async function signOut(users: Users, { signInId }: Identity): Promise<void> {
  if (signInId === undefined) return;
  await users.database.sql.query("update hub.sign_ins set revoked_at = now() where id = $1 and revoked_at is null", [
    signInId,
  ]);
  users.identities.forgetSignIn(signInId);
}
