import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import cookie from "@fastify/cookie";
import { listAccessGrants } from "@orchestratia/protocol/operations/daemons";
import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import { fastify } from "fastify";
import { pino } from "pino";
import { SYSTEM } from "../access/caller.ts";
import { Identities } from "../access/identities.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { SignInTokens } from "../access/sign-in-token.ts";
import { DashboardLink, type DashboardLinkOptions } from "../dashboard-link/dashboard-link.ts";
import { openDatabase } from "../db/database.ts";
import { type Fact, record } from "../events/activity.ts";
import { Bus } from "../events/bus.ts";
import { Sequencer } from "../events/sequencer.ts";
import { SignIn } from "../http/sign-in.ts";
import { ServerConnections } from "../server-link/connections.ts";
import { ServerLink, type ServerLinkOptions } from "../server-link/server-link.ts";
import { LiveSessions } from "../sessions/live-sessions.ts";
import { loadSessions } from "../sessions/load-sessions.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { StartDeadlines } from "../sessions/start-deadlines.ts";
import { type SessionStart, startSession } from "../sessions/start-session.ts";
import { registerWebSockets } from "../sockets/web-sockets.ts";
import { ExactDaemon, type ExactDaemonOptions } from "./exact-daemon.ts";
import { FakeDaemon, type FakeDaemonOptions } from "./fake-daemon.ts";
import { FakeViewer } from "./fake-viewer.ts";
import { until } from "./until.ts";

export type TestLinks = Awaited<ReturnType<typeof startTestLinks>>;

export interface TestLinksOptions {
  server?: Partial<ServerLinkOptions>;
  dashboard?: Partial<DashboardLinkOptions>;
  answerMs?: number;
  pingMs?: number;
}

const COOKIE = "orc_test";

/** Both sockets of a hub on a real database and port, with what they stand on and without the rest of the hub. */
export async function startTestLinks(databaseUrl: string, options: TestLinksOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const database = openDatabase(databaseUrl);
  const { sql } = database;
  const bus = new Bus(log);
  const events = new Sequencer(database, bus, log);
  const connections = new ServerConnections(options.pingMs);
  const sessions = new LiveSessions();
  const tokens = new SignInTokens("a secret of this test", "test");
  const identities = new Identities(sql, tokens);
  const forget = (hash: string) => identities.forget(hash);
  const sessionHub: SessionHub = { database, connections, sessions, events, forget, log };
  await events.start();
  await loadSessions(sessionHub);
  const deadlines = new StartDeadlines(sessionHub, { answerMs: options.answerMs ?? 60_000, checkMs: 20 });
  const recordings = { receive: async () => {}, next: async () => 0 };
  const serverLink = new ServerLink(sessionHub, { signIn: serverOf, recordings, ...options.server });
  const publicUrl = () => "http://hub.test";
  const signIn = new SignIn({ identities, cookieName: COOKIE, csrfSecret: "x", publicUrl });
  const dashboardLink = new DashboardLink(sessionHub, {
    bus,
    signInUpgrade: (request) => signIn.ofUpgrade(request),
    signInToken: (token) => identities.find(token),
    onForgotten: (listener) => identities.onForgotten(listener),
    ...options.dashboard,
  });

  const app = fastify({ loggerInstance: log, disableRequestLogging: true });
  await app.register(cookie);
  await registerWebSockets(app as never);
  serverLink.routes(app as never);
  dashboardLink.routes(app as never);
  app.get(listAccessGrants.path, async (request) => {
    const server = await serverOf(String(request.headers["x-api-key"]));
    if (server) serverLink.inventoryEnded(server.id);
    return [];
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

  async function serverOf(apiKey: string) {
    const caller = (await identities.find(apiKey))?.caller;
    return caller?.kind === "server" ? caller : undefined;
  }

  async function addProject(): Promise<ProjectId> {
    const key = `P${randomUUID().slice(0, 6).toUpperCase()}`;
    const rows = await sql.query<{ id: ProjectId }>("insert into projects (key, name) values ($1, $1) returning id", [
      key,
    ]);
    return (rows[0] as { id: ProjectId }).id;
  }

  async function addServer(projectId: ProjectId, agents: string[] = []): Promise<{ id: ServerId; apiKey: string }> {
    const apiKey = newSecret("orc_");
    const rows = await sql.query<{ id: ServerId }>(
      `insert into servers (project_id, name, agents, api_key_hash, last_heartbeat)
      values ($1, $2, $3, $4, now()) returning id`,
      [
        projectId,
        `server-${randomUUID().slice(0, 8)}`,
        JSON.stringify(agents.map((name) => ({ name, kind: "custom" }))),
        secretHash(apiKey),
      ],
    );
    return { id: (rows[0] as { id: ServerId }).id, apiKey };
  }

  /** A person with that role in that project, their access token, and a cookie of theirs. */
  async function addPerson(projectId?: ProjectId, role: "owner" | "member" | "viewer" = "member") {
    const name = `person-${randomUUID().slice(0, 8)}`;
    const token = newSecret("orct_");
    const [user] = await sql.query<{ id: string; sign_in: string }>(
      `with new_user as (insert into admin_users (email, name, role) values ($1, $2, 'viewer') returning id),
        new_sign_in as (insert into hub.sign_ins (user_id, expires_at)
          select id, now() + interval '1 day' from new_user returning id, user_id),
        new_token as (insert into hub.access_tokens (name, token_hash, user_id) select 'test', $3, id from new_user)
      select user_id as id, id as sign_in from new_sign_in`,
      [`${name}@example.org`, name, secretHash(token)],
    );
    if (!user) throw new Error("no person was made");
    if (projectId) {
      await sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, $3)", [
        projectId,
        user.id,
        role,
      ]);
    }
    const jwt = tokens.issue({ signInId: user.sign_in, userId: user.id }, new Date(Date.now() + 86_400_000));
    return { id: user.id, name, token, cookie: `${COOKIE}=${jwt}` };
  }

  const daemon = (apiKey: string, how: Partial<FakeDaemonOptions> = {}) => new FakeDaemon({ url, apiKey, ...how });
  const exactDaemon = (apiKey: string, how: Partial<ExactDaemonOptions> = {}) =>
    new ExactDaemon({ url, apiKey, ...how });

  return {
    url,
    app,
    sql,
    bus,
    database,
    sessions,
    connections,
    sessionHub,
    identities,
    /** What was logged from level info on. */
    lines,
    addProject,
    addServer,
    addPerson,
    daemon,
    exactDaemon,
    viewer: (token: string) => FakeViewer.signedIn(url, token),

    /** A project with one connected daemon and a session on it, which runs. */
    async stage() {
      const projectId = await addProject();
      const server = await addServer(projectId);
      const fake = daemon(server.apiKey);
      await fake.connect();
      return { projectId, server, daemon: fake, session: await this.session(projectId, server.id) };
    },

    /** The same with a version 2 daemon. */
    async exactStage(how: Partial<ExactDaemonOptions> = {}) {
      const projectId = await addProject();
      const server = await addServer(projectId, ["shell"]);
      const exact = exactDaemon(server.apiKey, how);
      await exact.connect();
      return { projectId, server, daemon: exact, session: await this.session(projectId, server.id) };
    },

    async session(projectId: ProjectId, serverId: ServerId, how: Partial<SessionStart> = {}) {
      const start = { caller: SYSTEM, projectId, serverId, agent: "shell", startedByHub: false, ...how };
      const session = await startSession(sessionHub, start);
      await until(() => session.status !== "starting");
      return session;
    },

    async row(sessionId: string): Promise<Record<string, unknown>> {
      const [row] = await sql.query("select * from sessions where id = $1", [sessionId]);
      return row ?? {};
    },

    /** Records facts as a command would. */
    async record(...facts: Fact[]) {
      await record(sql, ...facts);
      events.wake();
    },

    /** When everything that daemons said is written and everything recorded is published. */
    async settled() {
      await serverLink.settled();
      await events.settled();
    },

    async [Symbol.asyncDispose]() {
      deadlines[Symbol.dispose]();
      connections[Symbol.dispose]();
      dashboardLink[Symbol.dispose]();
      await app.close();
      await serverLink.settled();
      await events[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
