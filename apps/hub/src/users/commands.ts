import type { Setup, SignIn } from "@orchestratia/protocol/people";
import { Problem } from "@orchestratia/protocol/problems";
import type { z } from "zod";
import type { Identities } from "../access/identities.ts";
import { secretHash } from "../access/secret-hash.ts";
import type { SignInTokens } from "../access/sign-in-token.ts";
import type { Database } from "../db/database.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import { mustBeStrongPassword } from "./password-rule.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import { forgetSetupToken, isSetupNeeded } from "./setup-link.ts";
import type { SignInAttempts } from "./sign-in-attempts.ts";
import { deactivated, type OpenSignIn, type Origin, openSignIn } from "./sign-ins.ts";
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

/** Makes the first admin and signs them in. Throws setup_done, token_invalid, password_weak or email_taken. */
export async function setUp(users: Users, given: z.output<typeof Setup>, from: Origin): Promise<SignedIn> {
  const { pool, sql } = users.database;
  const hash = secretHash(given.token);
  // Looked at first, so that a stranger cannot make the hub hash passwords.
  const open = await sql.query("select from hub.setup_tokens where token_hash = $1 and used_at is null", [hash]);
  if (open.length === 0 || !(await isSetupNeeded(sql))) throw await refusedSetup(sql);
  mustBeStrongPassword(given.password, given);
  const passwordHash = await hashPassword(given.password);

  const signedIn = await transaction(pool, async (tx) => {
    const won = await tx.query(
      "update hub.setup_tokens set used_at = now() where token_hash = $1 and used_at is null returning token_hash",
      [hash],
    );
    // Asked once the link is held: whoever makes an admin otherwise ends it in their transaction.
    if (won.length === 0 || !(await isSetupNeeded(tx))) throw await refusedSetup(tx);
    const user = await insertAdmin(tx, given, passwordHash);
    const opened = await openSignIn(tx, users.tokens, user.id, from);
    await record(tx, signedInFact(user, opened.signInId, from));
    return { user, ...opened };
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
    `insert into admin_users (email, name, role, password_hash, email_proven_at) values ($1, $2, 'admin', $3, now())
     on conflict (email) do nothing returning id, email, name, role, created_at`,
    [email, name, passwordHash],
  );
  if (!user) throw new Problem("email_taken");
  const actor = { type: "user", id: user.id, name } as const;
  await record(tx, { type: "user.created", project_id: null, actor, details: { email } });
  return user;
}

/**
 * Throws wrong_credentials, user_deactivated for whoever knows the password of an account that opens nothing, or
 * too_many_requests after repeated failures.
 */
export async function signInWithPassword(
  users: Users,
  { email, password }: z.output<typeof SignIn>,
  from: Origin,
): Promise<SignedIn> {
  const { attempts, database } = users;
  const [user] = await database.sql.query<AccountToOpen>(
    `select id, email, name, role, created_at, password_hash, deactivated_at,
       exists (select from hub.sign_ins s where s.user_id = u.id and s.ip = $2) as is_known
     from admin_users u where email = $1`,
    [email, from.address],
  );
  const attempt = { address: from.address, email, isKnown: user?.is_known ?? false };
  attempts.begin(attempt);
  const isRight = await isPassword(password, user?.password_hash).catch((error) => {
    attempts.notTried(attempt);
    throw error;
  });
  if (!isRight || !user || user.deactivated_at) {
    const problem = isRight ? "user_deactivated" : "wrong_credentials";
    await record(database.sql, {
      type: "user.sign_in_denied",
      project_id: null,
      actor: { type: "user", id: user?.id ?? null, name: user?.name ?? email },
      details: { email, address: from.address, problem },
    });
    users.events.wake();
    throw isRight ? deactivated() : new Problem("wrong_credentials");
  }
  attempts.succeeded(attempt);
  const signedIn = await transaction(database.pool, async (tx) => {
    const same = await tx.query("select from admin_users where id = $1 and password_hash = $2 for share", [
      user.id,
      user.password_hash,
    ]);
    // The password was changed while it was checked.
    if (same.length === 0) throw new Problem("wrong_credentials");
    const opened = await openSignIn(tx, users.tokens, user.id, from);
    await record(tx, signedInFact(user, opened.signInId, from));
    return { user, ...opened };
  });
  users.events.wake();
  return signedIn;
}

const signedInFact = ({ id, name }: UserRow, signInId: string, { address }: Origin): Fact => ({
  type: "user.signed_in",
  project_id: null,
  actor: { type: "user", id, name },
  details: { sign_in_id: signInId, address },
});

interface AccountToOpen extends UserRow {
  password_hash: string | null;
  deactivated_at: Date | null;
  /** Signed in to from this address before. */
  is_known: boolean;
}
