import path from "node:path";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { SYSTEM } from "./access/caller.ts";
import { type Found, Identities } from "./access/identities.ts";
import { SignInTokens } from "./access/sign-in-token.ts";
import { accessTokenRoutes } from "./access-tokens/routes.ts";
import { Denials } from "./activity/denials.ts";
import { activityRoutes } from "./activity/routes.ts";
import { eventRoutes } from "./activity/stream-routes.ts";
import type { Config } from "./config.ts";
import { DashboardLink } from "./dashboard-link/dashboard-link.ts";
import { type Database, openDatabase } from "./db/database.ts";
import { demoRoutes } from "./demo/routes.ts";
import { dependencyRoutes } from "./dependencies/routes.ts";
import { doctorRoutes } from "./doctor/routes.ts";
import { epicRoutes } from "./epics/routes.ts";
import { Bus } from "./events/bus.ts";
import { Sequencer } from "./events/sequencer.ts";
import { idempotencyExpiry } from "./http/idempotency-expiry.ts";
import { listenAddress } from "./http/listen-address.ts";
import { readinessOf } from "./http/readiness.ts";
import { buildServer } from "./http/server.ts";
import { SignIn } from "./http/sign-in.ts";
import { watchSilentConnections } from "./http/silent-connections.ts";
import { interventionRoutes } from "./interventions/routes.ts";
import { matchingRoutes } from "./matching/routes.ts";
import { noteRoutes } from "./notes/routes.ts";
import { oauthBrowserRoutes } from "./oauth/browser-routes.ts";
import type { Oauth } from "./oauth/oauth.ts";
import { ProviderClients } from "./oauth/provider-clients.ts";
import { Providers } from "./oauth/providers.ts";
import { resealSecrets } from "./oauth/reseal-secrets.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { outputRoutes } from "./output/routes.ts";
import { pipelineRoutes } from "./pipelines/routes.ts";
import { projectFor } from "./projects/access.ts";
import { memberRoutes } from "./projects/member-routes.ts";
import { projectRoutes } from "./projects/routes.ts";
import { folderStore } from "./recordings/folder-store.ts";
import { recordingParts } from "./recordings/recording-parts.ts";
import type { Recordings } from "./recordings/recordings.ts";
import { recordingRoutes } from "./recordings/routes.ts";
import { s3Store } from "./recordings/s3-store.ts";
import { SegmentReceiver } from "./recordings/segment-receiver.ts";
import { TextReader } from "./recordings/text-reader.ts";
import { openRemote } from "./remote/remote.ts";
import { remoteRoutes } from "./remote/routes.ts";
import { searchRoutes } from "./search/routes.ts";
import { openSecretBox } from "./secrets/secret-keys.ts";
import { ServerConnections } from "./server-link/connections.ts";
import { daemonRoutes } from "./server-link/daemon-routes.ts";
import { ServerLink } from "./server-link/server-link.ts";
import { serverKeyRoutes } from "./servers/key-routes.ts";
import { KeyWatch } from "./servers/key-watch.ts";
import { OfflineWatch, type OfflineWatchOptions } from "./servers/offline-watch.ts";
import { serverRoutes } from "./servers/routes.ts";
import type { Servers } from "./servers/servers.ts";
import { agentSessionRoutes } from "./sessions/agent-routes.ts";
import { closeSession } from "./sessions/close-session.ts";
import { LiveSessions } from "./sessions/live-sessions.ts";
import { loadSessions } from "./sessions/load-sessions.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import type { SessionHub } from "./sessions/session-hub.ts";
import { StartDeadlines } from "./sessions/start-deadlines.ts";
import { startSession } from "./sessions/start-session.ts";
import { agentTaskRoutes } from "./tasks/agent-routes.ts";
import { moveRoutes } from "./tasks/move-routes.ts";
import { openEngine, type RunningEngine } from "./tasks/open-engine.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { workerRoutes } from "./tasks/worker-routes.ts";
import { LastUsed } from "./timers/last-used.ts";
import { openPermissions } from "./tool-requests/permission-routes.ts";
import { accountRoutes } from "./users/account-routes.ts";
import type { Users } from "./users/commands.ts";
import { EndedSignIns } from "./users/ended-sign-ins.ts";
import { readHubSecrets } from "./users/hub-secrets.ts";
import { readInstanceId } from "./users/instance.ts";
import { invitationRoutes } from "./users/invitation-routes.ts";
import { LinkAttempts } from "./users/link-attempts.ts";
import { keepLocalToken } from "./users/local-token.ts";
import { ownAccountRoutes } from "./users/own-account-routes.ts";
import { passwordResetRoutes } from "./users/password-reset-routes.ts";
import { userRoutes } from "./users/routes.ts";
import { keepSetupToken } from "./users/setup-link.ts";
import { SignInAttempts } from "./users/sign-in-attempts.ts";
import { workspaceRoutes } from "./workspaces/routes.ts";

export interface HubOptions {
  config: Config;
  /** Migrated, and this hub's alone. */
  databaseUrl: string;
  log: Logger;
  watch?: OfflineWatchOptions;
  /** Milliseconds between two looks at what readers of events may see. */
  streamBeatMs?: number;
}

/** A hub that listens. Disposing of it stops it gracefully: it drains what is under way and lets everything go. */
export interface Hub extends AsyncDisposable {
  /** Where people and daemons reach it. */
  readonly url: string;
  /** Undefined when it has its admin. */
  readonly setupLink: string | undefined;
  readonly app: FastifyInstance;
  readonly database: Database;
  readonly engine: RunningEngine;
  readonly sequencer: Sequencer;
  readonly connections: ServerConnections;
}

/** Wires the hub, from the database up to its doors, and opens them. */
export async function startHub({ config, databaseUrl, log, watch, streamBeatMs }: HubOptions): Promise<Hub> {
  const database = openDatabase(databaseUrl, {
    maxConnections: 20,
    onConnectionError: (error) => log.warn({ err: error }, "a connection to the database broke"),
  });
  const secrets = await readHubSecrets(config.home);
  const box = await openSecretBox(config.home, config.secretKeys);
  const instanceId = await readInstanceId(database.sql);
  await keepLocalToken(database, config.home);
  const setupToken = await keepSetupToken(database, config.home);
  await database.warm();

  // What happened, in order.
  const bus = new Bus(log);
  const sequencer = new Sequencer(database, bus, log);
  await sequencer.start();

  // Who may come in.
  let url = config.publicUrl ?? "";
  const publicUrl = () => url;
  const tokens = new SignInTokens(secrets.jwt_secret, instanceId);
  const identities = new Identities(database.sql, tokens);
  const cookieName = `orc_${instanceId}`;
  const signIn = new SignIn({ identities, cookieName, csrfSecret: secrets.csrf_secret, publicUrl });

  // Servers and their terminals.
  const connections = new ServerConnections();
  const sessions = new LiveSessions();
  const sessionHub: SessionHub = {
    database,
    connections,
    sessions,
    events: sequencer,
    forget: (hash) => identities.forget(hash),
    log,
  };
  await loadSessions(sessionHub);
  const startDeadlines = new StartDeadlines(sessionHub);
  const remote = openRemote(sessionHub, {
    folder: path.join(config.home, "transfers"),
    onArrived: () => engine.delivery.wake(),
  });
  await remote.load();

  const onKeysEnded = (serverId: string, hashes: readonly string[], why: string): void => {
    for (const hash of hashes) identities.forget(hash);
    connections.disconnectKeys(serverId, hashes, CLOSE_CODES.unauthenticated, why);
  };
  const openSockets = () => connections.openKeys();
  const tokenUses = new LastUsed(database.sql, "hub.access_tokens");
  const signInUses = new LastUsed(database.sql, "hub.sign_ins");
  const seen = (identity: Found | undefined) => {
    tokenUses.saw(identity?.accessTokenId);
    signInUses.saw(identity?.signInId);
    return identity;
  };
  const keyWatch = new KeyWatch({ sql: database.sql, log, openSockets, onKeysEnded });

  // What the sessions printed.
  const { s3, folder, maxBytes } = config.recordings;
  const storing = new AbortController();
  const store = s3 ? s3Store(s3, storing.signal) : folderStore(folder);
  const recordings: Recordings = { database, store, maxBytes, log };
  const recordingTexts = new TextReader(recordings);
  const segmentReceiver = new SegmentReceiver(recordings, () => recordingTexts.wake());
  const ofRecordings = recordingParts(recordings, segmentReceiver, recordingTexts);

  // What moves tasks.
  const engine = openEngine({
    database,
    bus,
    connections,
    sessions,
    events: sequencer,
    startSession: (start) => startSession(sessionHub, start),
    closeSession: (sessionId) => closeSession(sessionHub, SYSTEM, sessionId),
    doors: [
      idempotencyExpiry(database.sql, log),
      keyWatch,
      tokenUses,
      signInUses,
      new EndedSignIns(database.sql),
      ...ofRecordings,
      remote.resumables.expiry,
    ],
    log,
  });
  const serverChanged = async (serverId: string): Promise<void> => {
    try {
      const projectId = await engine.fleet.refresh(serverId);
      if (projectId) engine.matcher.wake(projectId);
    } catch (error) {
      log.error({ err: error, server_id: serverId }, "a change of a server was not taken up; it will be within 30 s");
    }
  };
  connections.onChange((serverId, connected) => {
    void serverChanged(serverId);
    if (connected) engine.delivery.serverConnected(serverId);
  });
  const servers: Servers = {
    database,
    events: sequencer,
    publicUrl,
    onHeartbeat: (serverId) => engine.leases.sawServer(serverId),
    isConnected: (serverId) => connections.isConnected(serverId),
    onServerChanged: (serverId) => void serverChanged(serverId),
    onKeysEnded,
    forgetKey: (hash) => identities.forget(hash),
    onKeysEnding: () => keyWatch.wake(),
    log,
  };
  const offlineWatch = new OfflineWatch(servers, watch);
  await offlineWatch.start();
  await engine.start();

  // The doors.
  const serverLink = new ServerLink(sessionHub, {
    signIn: async (apiKey) => {
      const caller = (await identities.find(apiKey))?.caller;
      return caller?.kind === "server" ? caller : undefined;
    },
    onFrame: (serverId, frame) => {
      if (frame.type === "delivery") engine.delivery.answered(serverId, frame);
      else {
        remote.received(serverId, frame);
        engine.workspaces.received(serverId, frame);
      }
    },
    onFileBytes: (serverId, frame) => remote.resumables.receivedBytes(serverId, frame),
    recordings: segmentReceiver,
  });
  const dashboardLink = new DashboardLink(sessionHub, {
    bus,
    signInUpgrade: (request) => signIn.ofUpgrade(request).then(seen),
    signInToken: (token) => identities.find(token).then(seen),
    onForgotten: (listener) => identities.onForgotten(listener),
  });
  const users: Users = {
    database,
    events: sequencer,
    identities,
    tokens,
    attempts: new SignInAttempts(),
    home: config.home,
  };
  const oauth: Oauth = {
    users,
    providers: new Providers(database.sql, box, config.oauthProviders),
    clients: new ProviderClients(log),
    box,
    publicUrl,
  };
  const resealing = resealSecrets(database, box, log).catch((error) =>
    log.error({ err: error }, "secrets could not be sealed with the first key; the next start tries again"),
  );
  const linkAttempts = new LinkAttempts();
  const denials = new Denials(database.sql, sequencer);
  const permissions = openPermissions({ database, bus, connections, events: sequencer, log });
  let stopping = false;
  const isStopping = () => stopping;
  const app = await buildServer({
    config,
    log,
    findProject: (caller, ref) => projectFor(database, caller, ref),
    sql: database.sql,
    publicUrl,
    onDenied: (denial) =>
      denials.record(denial).catch((error) => log.error({ err: error }, "a denial could not be recorded")),
    signIn,
    isStopping,
    readiness: readinessOf({ sql: database.sql, dashboardUrl: config.dashboardUrl, isStopping }),
    routes: (app) => {
      app.addHook("onResponse", async ({ identity }) => {
        tokenUses.saw(identity?.accessTokenId);
        signInUses.saw(identity?.signInId);
        if (identity?.serverKeyId !== undefined) keyWatch.used(identity.serverKeyId);
        if (identity?.caller.kind === "session") engine.leases.sawSession(identity.caller.id);
      });
      userRoutes(app, { users, cookieName, csrfSecret: secrets.csrf_secret });
      ownAccountRoutes(app, { users, cookieName });
      accountRoutes(app, users);
      accessTokenRoutes(app, users);
      const welcoming = { cookieName, csrfSecret: secrets.csrf_secret };
      invitationRoutes(app, {
        ...welcoming,
        users,
        invitations: { database, events: sequencer, publicUrl },
        attempts: linkAttempts,
      });
      passwordResetRoutes(app, { ...welcoming, users, publicUrl, attempts: linkAttempts });
      projectRoutes(app, {
        database,
        events: sequencer,
        onSettingsChanged: (projectId) => {
          engine.matcher.wake(projectId);
          engine.delivery.settingsChanged();
        },
      });
      oauthRoutes(app, oauth);
      oauthBrowserRoutes(app, { ...welcoming, oauth, signedInAs: (request) => signIn.stillIs(request) });
      memberRoutes(app, {
        database,
        events: sequencer,
        onRoleChanged: (userId) => identities.forgetUser(userId),
      });
      serverRoutes(app, { servers, inventoryEnded: (serverId) => serverLink.inventoryEnded(serverId) });
      serverKeyRoutes(app, servers);
      sessionRoutes(app, sessionHub);
      agentSessionRoutes(app, sessionHub, engine);
      taskRoutes(app, engine);
      moveRoutes(app, engine);
      agentTaskRoutes(app, engine);
      workerRoutes(app, engine);
      dependencyRoutes(app, engine);
      noteRoutes(app, engine);
      interventionRoutes(app, engine);
      matchingRoutes(app, engine);
      searchRoutes(app, engine);
      epicRoutes(app, engine);
      outputRoutes(app, engine);
      pipelineRoutes(app, engine);
      demoRoutes(app, engine);
      doctorRoutes(app, { database, connections });
      activityRoutes(app, database);
      const stillIs = (request: FastifyRequest) => signIn.stillIs(request).then(seen);
      const onForgotten: Identities["onForgotten"] = (listener) => identities.onForgotten(listener);
      eventRoutes(app, {
        database,
        bus,
        stillIs,
        onForgotten,
        ...(streamBeatMs !== undefined && { beatMs: streamBeatMs }),
      });
      remoteRoutes(app, remote);
      workspaceRoutes(app, engine);
      recordingRoutes(app, recordings);
      permissions.routes(app);
      daemonRoutes(app, sessionHub);
      serverLink.routes(app);
      dashboardLink.routes(app);
    },
  });
  const endSilentConnections = watchSilentConnections(app.server);
  await app.listen({ host: config.host, port: config.port });
  url ||= listenAddress(app, config.host);

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping = true;
    // A connection that was busy when the doors closed is let go as soon as it is not.
    const idle = setInterval(() => {
      app.server.closeIdleConnections();
      endSilentConnections();
    }, 20);
    const late = setTimeout(() => app.server.closeAllConnections(), config.shutdownGraceMs);
    permissions[Symbol.dispose]();
    await app.close();
    clearInterval(idle);
    clearTimeout(late);
    dashboardLink[Symbol.dispose]();
    connections[Symbol.dispose]();
    startDeadlines[Symbol.dispose]();
    // They know that they are stopped before what they wait for is given up.
    const recordingsEnded = Promise.all(ofRecordings.map((part) => part[Symbol.asyncDispose]()));
    // A segment that is not kept by now comes again.
    storing.abort(new Error("the hub is stopping"));
    await serverLink.settled();
    await segmentReceiver.settled();
    await recordingsEnded;
    await remote[Symbol.asyncDispose]();
    await offlineWatch[Symbol.asyncDispose]();
    await resealing;
    await engine[Symbol.asyncDispose]();
    await sequencer[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return {
    url,
    setupLink: setupToken && `${url}/setup?token=${setupToken}`,
    app,
    database,
    engine,
    sequencer,
    connections,
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  };
}
