import type { ProjectId, ServerId, SessionId, UserId } from "@orchestratia/protocol/vocabulary";
import type { Sql } from "../db/transaction.ts";
import { type Caller, SYSTEM } from "./caller.ts";
import { secretHash } from "./secret-hash.ts";
import type { SignInTokens } from "./sign-in-token.ts";

/** Whom a key or token stands for. */
export interface Identity {
  readonly caller: Caller;
  /** Set for people who signed in with a password: what signing out ends. */
  readonly signInId?: string;
  /** Set for people who come with an access token: which one it is. */
  readonly accessTokenId?: string;
  readonly expiresAt?: Date;
  /** Set for servers: which of its keys it is. */
  readonly serverKeyId?: string;
}

/** Reads whom a secret stands for from the rows; undefined when it opens nothing (any more). */
export function findIdentity(sql: Sql, tokens: SignInTokens, secret: string): Promise<Identity | undefined> {
  if (secret.startsWith("orcs_")) return findSession(sql, secret);
  if (secret.startsWith("orc_")) return findServer(sql, secret);
  if (secret.startsWith("orct_")) return findAccessToken(sql, secret);
  return findSignIn(sql, tokens, secret);
}

interface SessionRow {
  id: SessionId;
  name: string;
  server_id: ServerId;
  project_id: ProjectId;
  role: "worker" | "orchestrator";
}

/** A token dies with its session; one whose terminal is out of reach lives on for a day. */
const SESSION = {
  name: "identity_session",
  text: `select s.id, s.name, s.server_id, s.project_id, s.role
    from sessions s
    where s.token_hash = $1 and (s.status in ('starting', 'active')
      or s.status in ('disconnected', 'lost') and s.missing_since > now() - interval '24 hours')`,
};

async function findSession(sql: Sql, secret: string): Promise<Identity | undefined> {
  const [row] = await sql.query<SessionRow>(SESSION, [secretHash(secret)]);
  if (!row) return undefined;
  const { id, name, role } = row;
  return { caller: { kind: "session", id, name, role, serverId: row.server_id, projectId: row.project_id } };
}

const SERVER = {
  name: "identity_server",
  text: `select s.id, s.name, s.project_id, k.id as key_id, k.expires_at
    from hub.server_keys k join servers s on s.id = k.server_id
    where k.key_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
};

interface ServerRow {
  id: ServerId;
  name: string;
  project_id: ProjectId;
  key_id: string;
  expires_at: Date | null;
}

async function findServer(sql: Sql, secret: string): Promise<Identity | undefined> {
  const [row] = await sql.query<ServerRow>(SERVER, [secretHash(secret)]);
  if (!row) return undefined;
  const caller = { kind: "server", id: row.id, name: row.name, projectId: row.project_id } as const;
  return { caller, serverKeyId: row.key_id, ...(row.expires_at && { expiresAt: row.expires_at }) };
}

interface UserRow {
  id: UserId | null;
  name: string;
  email: string;
  role: "admin" | "viewer";
  expires_at: Date | null;
}

const ACCESS_TOKEN = {
  name: "identity_access_token",
  text: `select u.id, u.name, u.email, u.role, t.expires_at, t.id as token_id, t.scope, t.project_ids
    from hub.access_tokens t left join admin_users u on u.id = t.user_id
    where t.token_hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
      and u.deactivated_at is null`,
};

interface AccessTokenRow extends UserRow {
  token_id: string;
  scope: "read" | "write";
  project_ids: string[] | null;
}

async function findAccessToken(sql: Sql, secret: string): Promise<Identity | undefined> {
  const [row] = await sql.query<AccessTokenRow>(ACCESS_TOKEN, [secretHash(secret)]);
  if (!row) return undefined;
  const scope = { write: row.scope === "write", projectIds: row.project_ids };
  // Without a user it is the token of the machine that the hub runs on.
  const caller = row.id === null ? SYSTEM : { ...userCaller(row, row.id), scope };
  return { caller, accessTokenId: row.token_id, ...(row.expires_at && { expiresAt: row.expires_at }) };
}

const SIGN_IN = {
  name: "identity_sign_in",
  text: `select u.id, u.name, u.email, u.role, s.expires_at
    from hub.sign_ins s join admin_users u on u.id = s.user_id
    where s.id = $1 and s.user_id = $2 and s.revoked_at is null and s.expires_at > now() and u.deactivated_at is null`,
};

async function findSignIn(sql: Sql, tokens: SignInTokens, secret: string): Promise<Identity | undefined> {
  const claims = tokens.read(secret);
  if (!claims) return undefined;
  const [row] = await sql.query<UserRow & { id: UserId; expires_at: Date }>(SIGN_IN, [claims.signInId, claims.userId]);
  return row && { caller: userCaller(row, row.id), signInId: claims.signInId, expiresAt: row.expires_at };
}

const userCaller = ({ name, email, role }: UserRow, id: UserId) => ({ kind: "user", id, name, email, role }) as const;
