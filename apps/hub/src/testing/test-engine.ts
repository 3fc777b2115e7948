import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentStatus } from "@orchestratia/domain/vocabulary";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import { NewTask } from "@orchestratia/protocol/tasks";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { pino } from "pino";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { openDatabase } from "../db/database.ts";
import { Bus } from "../events/bus.ts";
import { Sequencer } from "../events/sequencer.ts";
import { type DaemonLink, ServerConnections } from "../server-link/connections.ts";
import { heartbeat } from "../servers/heartbeat.ts";
import { OfflineWatch } from "../servers/offline-watch.ts";
import { serverCaller } from "../servers/servers.ts";
import { closeSession } from "../sessions/close-session.ts";
import { LiveSessions } from "../sessions/live-sessions.ts";
import { loadSessions } from "../sessions/load-sessions.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { agentStatusChanged, sessionEnded, sessionRuns, sessionsMissing } from "../sessions/session-status.ts";
import { startSession } from "../sessions/start-session.ts";
import { listCounterDifferences } from "../tasks/counters.ts";
import { createTask } from "../tasks/create-task.ts";
import { openEngine } from "../tasks/open-engine.ts";
import type { DeadlineClock } from "../timers/pauses.ts";
import { refuseStuck } from "./stuck.ts";

export interface TestServerRow {
  id: ServerId;
  /** Every frame the hub sent to this server, in order. */
  frames: HubFrame[];
  /** When its daemon last said anything, as `performance.now()` counts. */
  heardAt: number;
}

export type TestEngine = Awaited<ReturnType<typeof openTestEngine>>;

/** The engine on a real database, without HTTP: servers are rows whose socket is a list of the frames sent to it. */
export async function openTestEngine(url: string, { clock }: { clock?: DeadlineClock } = {}) {
  const log = pino({ level: process.env.LOG_LEVEL ?? "error" });
  const database = openDatabase(url, { maxConnections: 20 });
  const bus = new Bus(log);
  const sequencer = new Sequencer(database, bus, log);
  const connections = new ServerConnections();
  const sessions = new LiveSessions();
  const sessionHub: SessionHub = { database, connections, sessions, events: sequencer, forget: () => {}, log };
  await sequencer.start();
  const engine = openEngine({
    database,
    bus,
    connections,
    sessions,
    events: sequencer,
    startSession: (start) => startSession(sessionHub, start),
    closeSession: (sessionId) => closeSession(sessionHub, SYSTEM, sessionId),
    clock,
    log,
  });
  const { sql } = database;
  const links = new Map<ServerId, DaemonLink>();

  async function addProject(settings: Record<string, unknown> = {}): Promise<ProjectId> {
    const key = `P${randomUUID().slice(0, 6).toUpperCase()}`;
    const [row] = await sql.query<{ id: ProjectId }>(
      "insert into projects (key, name, settings) values ($1, $1, $2) returning id",
      [key, JSON.stringify(settings)],
    );
    return (row as { id: ProjectId }).id;
  }

  async function addServer(
    projectId: ProjectId,
    server: { name?: string; repos?: string[]; max?: number; agents?: string[] } = {},
  ) {
    const [row] = await sql.query<{ id: ServerId }>(
      `insert into servers (project_id, name, status, repos, agents, max_concurrent, api_key_hash, last_heartbeat)
       values ($1, $2, 'online', $3, $4, $5, $6, now()) returning id`,
      [
        projectId,
        server.name ?? `server-${randomUUID().slice(0, 8)}`,
        JSON.stringify(Object.fromEntries((server.repos ?? []).map((repo) => [repo, `/srv/${repo}`]))),
        JSON.stringify((server.agents ?? []).map((name) => ({ name, kind: "custom" }))),
        server.max ?? 4,
        randomUUID(),
      ],
    );
    const added = connect((row as { id: ServerId }).id);
    await engine.fleet.refresh(added.id);
    return added;
  }

  /** The server's socket: it keeps what the hub sends. Its daemon speaks version 1, which acknowledges nothing, or 2. */
  function connect(
    id: ServerId,
    onFrame: (frame: HubFrame) => void = () => {},
    { version = 1 as 1 | 2 } = {},
  ): TestServerRow {
    const frames: HubFrame[] = [];
    const row: TestServerRow = { id, frames, heardAt: performance.now() };
    const link: DaemonLink = {
      serverId: id,
      version,
      get heardAt() {
        return row.heardAt;
      },
      send(frame) {
        onFrame(frame);
        return frames.push(frame) > 0;
      },
      sendBytes: () => version === 2,
      sendBytesFlushed: async () => false,
      sendFlushed: async (frame) => frames.push(frame) > 0,
      holdUntil: () => {},
      close: () => {},
      ping: () => {},
    };
    links.set(id, link);
    connections.adopt(link);
    return row;
  }

  /** The daemon says that the session still runs, and what its agent does. */
  async function sessionReports(id: SessionId, agentStatus: AgentStatus): Promise<void> {
    const session = liveSession(id);
    const link = links.get(session.serverId);
    if (link?.version === 2) session.feed.linked((frame) => link.send(frame));
    await sessionRuns(sessionHub, session, { pid: 1, workingDirectory: "/srv", tmuxName: "" });
    await agentStatusChanged(sessionHub, session, agentStatus);
  }

  const liveSession = (id: string) => {
    const session = sessions.get(id);
    if (!session) throw new Error(`no live session ${id}`);
    return session;
  };

  /** The daemon says that the session's program ended, or never began. */
  const sessionEnds = (id: string, error?: string) =>
    sessionEnded(
      sessionHub,
      liveSession(id),
      error === undefined ? { status: "closed", exitCode: 0 } : { status: "error", error },
    );

  /** The session's server is not reachable, or is and does not have the session any more. */
  const sessionIsMissing = (id: string, status: "disconnected" | "lost") =>
    sessionsMissing(sessionHub, [liveSession(id)], status);

  /** A running worker session at its prompt. */
  async function addSession(
    projectId: ProjectId,
    server: TestServerRow,
    agent = "custom",
  ): Promise<Extract<Caller, { kind: "session" }>> {
    const session = await startSession(sessionHub, {
      caller: SYSTEM,
      projectId,
      serverId: server.id,
      agent,
      name: `session-${randomUUID().slice(0, 8)}`,
      role: "worker",
      startedByHub: false,
    });
    await sessionReports(session.id, "idle");
    return sessionCaller(session.id, projectId, server.id, session.name);
  }

  const sessionCaller = (id: SessionId, projectId: ProjectId, serverId: ServerId, name: string) =>
    ({ kind: "session", id, name, serverId, projectId, role: "worker" }) as const;

  return {
    engine,
    sql,
    bus,
    sequencer,
    sessions,
    sessionHub,
    addProject,
    addServer,
    addSession,
    connect,
    sessionReports,
    sessionEnds,
    sessionIsMissing,
    /** No heartbeat of the server has come for too long: what its watch would do. */
    async goOffline(id: ServerId) {
      const watch = new OfflineWatch(
        {
          database,
          events: sequencer,
          onServerChanged: () => {},
          log,
        },
        { offlineMs: 90_000 },
      );
      await sql.query("update servers set last_heartbeat = now() - interval '2 minutes' where id = $1", [id]);
      await watch.markOffline();
      await engine.fleet.refresh(id);
    },
    /** A heartbeat of the server comes. */
    async comeOnline(id: ServerId) {
      const [server] = await sql.query<{ name: string; project_id: ProjectId }>(
        "select name, project_id from servers where id = $1",
        [id],
      );
      if (!server) throw new Error(`no server ${id}`);
      const servers = {
        database,
        events: sequencer,
        onHeartbeat: (serverId: ServerId) => engine.leases.sawServer(serverId),
        onServerChanged: () => {},
      };
      await heartbeat(servers, serverCaller(id, server.name, server.project_id), { system_info: {} });
      await engine.fleet.refresh(id);
    },
    /** The server's socket is gone. */
    disconnect: (id: ServerId) => {
      const link = links.get(id);
      if (link) connections.release(link);
    },
    loadSessions: () => loadSessions(sessionHub),
    addTask: async (projectId: ProjectId, task: Record<string, unknown> = {}) =>
      (await createTask(engine, SYSTEM, projectId, NewTask.parse({ title: "A task", spec: "Do it.", ...task }))).taskId,
    task: async (id: string) => {
      const [row] = await sql.query<Record<string, unknown>>("select * from tasks where id = $1", [id]);
      return row as Record<string, unknown>;
    },
    /** Everything that was set going has come to rest. */
    async settled() {
      let position: number;
      // What happened is heard of by reactions, which may let more happen.
      do {
        position = bus.position;
        await engine.settled();
        await sequencer.settled();
      } while (bus.position !== position);
    },
    /**
     * Runs the contenders while another transaction holds what `lock` locked, and lets go only once each of them waits for
     * a lock: the worst interleaving, every time.
     */
    async race<T>(
      lock: string,
      values: unknown[],
      contenders: (() => Promise<T>)[],
    ): Promise<PromiseSettledResult<T>[]> {
      const gate = await database.pool.connect();
      try {
        await gate.query("begin");
        await gate.query(lock, values);
        const running = Promise.allSettled(contenders.map((go) => go()));
        while ((await waiting(database.pool)) < contenders.length) await delay(5);
        await gate.query("commit");
        return await running;
      } finally {
        gate.release();
      }
    },
    /** Keeps back what Postgres answers to a named statement, as a slow network would. */
    holdAnswers(name: string) {
      const query = database.pool.query.bind(database.pool) as (...given: unknown[]) => Promise<unknown>;
      const held: (() => void)[] = [];
      const hold = async (...given: unknown[]) => {
        const answer = await query(...given);
        if ((given[0] as { name?: string }).name === name) await new Promise<void>((go) => held.push(go));
        return answer;
      };
      Object.assign(database.pool, { query: hold });
      return {
        count: () => held.length,
        letGo() {
          Object.assign(database.pool, { query });
          for (const go of held) go();
        },
      };
    },
    /**
     * Stops the engine. Throws when a stored counter does not say what the rows say, and when a task sits where nothing
     * will ever happen to it.
     */
    async [Symbol.asyncDispose]() {
      const stuck = await refuseStuck({ engine, sequencer, connections, sql }).catch((error: Error) => error);
      await engine[Symbol.asyncDispose]();
      await sequencer[Symbol.asyncDispose]();
      connections[Symbol.dispose]();
      const differences = await listCounterDifferences(sql);
      await database[Symbol.asyncDispose]();
      if (differences.length > 0) throw new Error(`counters have left their rows: ${JSON.stringify(differences)}`);
      if (stuck) throw stuck;
    },
  };
}

/** Asked outside the gate's transaction, which would see its first answer for ever. */
async function waiting(pool: { query(sql: string): Promise<{ rows: { n: number }[] }> }): Promise<number> {
  const { rows } = await pool.query(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows[0]?.n ?? 0;
}
