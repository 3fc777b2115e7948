import { randomUUID } from "node:crypto";
import type { CallerRole } from "@orchestratia/protocol/may-call";
import type { Operation } from "@orchestratia/protocol/operation";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { SignInTokens } from "../access/sign-in-token.ts";
import { transaction } from "../db/transaction.ts";
import { exampleOf } from "../http/openapi-examples.ts";
import { specColumns } from "../tasks/write-spec.ts";
import { readHubSecrets } from "../users/hub-secrets.ts";
import { readInstanceId } from "../users/instance.ts";
import { openSignIn } from "../users/sign-ins.ts";
import type { TestHub } from "./test-hub.ts";

/** What stands behind each parameter of a path. */
export type Named = Readonly<Record<string, string>>;

/** A project with one of everything that paths name. */
export interface MatrixProject {
  id: string;
  named: Named;
  serverKey: string;
  serverId: string;
}

/** How a role signs its requests: in the header of its own kind of key. */
export type Keys = Readonly<Record<Exclude<CallerRole, "anonymous">, string>>;

const isMachine = (secret: string) => secret.startsWith("orc_") || secret.startsWith("orcs_");

export const signed = (secret: string | undefined): Record<string, string> => {
  if (secret === undefined) return {};
  return isMachine(secret) ? { "x-api-key": secret } : bearing(secret);
};

export const bearing = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

export async function makeProject(hub: TestHub, key?: string): Promise<MatrixProject> {
  const { id } = await hub.project({}, key);
  const { id: serverId, key: serverKey, name } = await hub.registerServer({ key: id });
  const { sql } = hub.database;
  const { session } = await addSession(hub, { id, serverId }, "worker");
  const { requirements } = specColumns(null);
  const [task] = await sql.query<{ id: string }>(
    `insert into tasks (project_id, number, key, title, spec, requirements, auto_assign, created_by)
     values ($1, 1000, 'MATRIX-1000', 'A task', 'Do it.', $2, false, '{"type":"system","id":null,"name":"hub"}') returning id`,
    [id, JSON.stringify(requirements)],
  );
  const [intervention] = await sql.query<{ id: string }>(
    `insert into interventions (project_id, task_id, session_id, raised_by, intervention_type, question)
     values ($1, $2, $3, 'worker', 'question', 'May I?') returning id`,
    [id, task?.id, session],
  );
  const named = { project: id, server: name, session, task: task?.id ?? "", intervention: intervention?.id ?? "" };
  return { id, named, serverKey, serverId };
}

export async function addSession(
  { database: { sql } }: TestHub,
  { id, serverId }: Pick<MatrixProject, "id" | "serverId">,
  role: "worker" | "orchestrator",
): Promise<{ session: string; token: string }> {
  const token = newSecret("orcs_");
  const [row] = await sql.query<{ id: string }>(
    `insert into sessions (project_id, server_id, name, agent, role, status, created_by, token_hash)
     values ($1, $2, $3, 'claude', $4, 'active', '{"type":"system","id":null,"name":"hub"}', $5) returning id`,
    [id, serverId, `${role}-${randomUUID().slice(0, 8)}`, role, secretHash(token)],
  );
  return { session: row?.id ?? "", token };
}

/** Somebody who signs in with an access token. */
export async function addPerson(
  { database: { sql } }: TestHub,
  global: "admin" | "viewer",
  membership?: { project: string; role: "owner" | "member" | "viewer" },
): Promise<string> {
  const token = newSecret("orct_");
  const [user] = await sql.query<{ id: string }>(
    "insert into admin_users (email, name, role) values ($1, 'Ada', $2) returning id",
    [`${randomUUID()}@example.org`, global],
  );
  await sql.query("insert into hub.access_tokens (name, token_hash, user_id) values ('test', $1, $2)", [
    secretHash(token),
    user?.id,
  ]);
  if (membership) {
    const { project, role } = membership;
    await sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, $3)", [
      project,
      user?.id,
      role,
    ]);
  }
  return token;
}

/** One of each role, as each stands in the project. */
export async function makeKeys(hub: TestHub, project: MatrixProject): Promise<Keys> {
  const member = (role: "owner" | "member" | "viewer") => addPerson(hub, "viewer", { project: project.id, role });
  return {
    account: await addPerson(hub, "viewer"),
    viewer: await member("viewer"),
    member: await member("member"),
    owner: await member("owner"),
    admin: await addPerson(hub, "admin"),
    hub: (await hub.systemHeaders()).authorization.replace("Bearer ", ""),
    server: project.serverKey,
    worker: (await addSession(hub, project, "worker")).token,
    orchestrator: (await addSession(hub, project, "orchestrator")).token,
  };
}

/** A sign-in, as its JWT, of whoever owns the access token. */
export async function signInOf({ home, database }: TestHub, accessToken: string): Promise<string> {
  const { jwt_secret } = await readHubSecrets(home);
  const tokens = new SignInTokens(jwt_secret, await readInstanceId(database.sql));
  const [owner] = await database.sql.query<{ user_id: string }>(
    "select user_id from hub.access_tokens where token_hash = $1",
    [secretHash(accessToken)],
  );
  const from = { address: "127.0.0.1", userAgent: "test" };
  return transaction(database.pool, async (tx) => (await openSignIn(tx, tokens, owner?.user_id ?? "", from)).token);
}

export interface Answered {
  status: number;
  code: string | undefined;
  /** Set where the operation itself refused, not what it was asked to do. */
  needs: unknown;
}

/** Calls an operation with an example body on what the names stand for; others are made up. */
export async function knock(
  hub: TestHub,
  { method, path, body }: Operation,
  { named, headers }: { named: Named; headers: Record<string, string> },
): Promise<Answered> {
  const address = path.replaceAll(/:([a-z_]+)/g, (_, name: string) => named[name] ?? randomUUID());
  const example = body && exampleOf(body, "input");
  const given = method === "GET" || method === "DELETE" ? undefined : JSON.stringify(example ?? {});
  const abort = new AbortController();
  const response = await hub.fetch(address, {
    method,
    signal: abort.signal,
    headers: { ...headers, "if-match": "*", ...(given === undefined ? {} : { "content-type": "application/json" }) },
    ...(given === undefined ? {} : { body: given }),
  });
  const { status } = response;
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    abort.abort();
    return { status, code: undefined, needs: undefined };
  }
  const document = (await response.json()) as { type?: unknown; needs?: unknown } | null;
  const type = document?.type;
  const code = status >= 400 && typeof type === "string" ? type.split(":").at(-1) : undefined;
  return { status, code, needs: status === 403 ? document?.needs : undefined };
}
