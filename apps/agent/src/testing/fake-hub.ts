import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import { Heartbeat, Registration } from "@orchestratia/protocol/servers";
import {
  decodeRecordingSegment,
  decodeTerminalFrame,
  encodeTerminalFrame,
  TERMINAL_KINDS,
} from "@orchestratia/protocol/terminal-frame";
import { type WebSocket, WebSocketServer } from "ws";
import type { z } from "zod";
import { FakeSession } from "./fake-session.ts";
import { waitFor } from "./wait.ts";

type FrameOf<T extends DaemonFrame["type"]> = Extract<DaemonFrame, { type: T }>;
export const fakeKey = "orc_the-servers-key";
export const fakeServer = {
  id: "6f2f6a52-6f3c-4c7e-9c1e-0d8c7f4f4a11",
  project_id: "0b8f1b3e-32bf-4a2c-9a44-6a7c9b8f3d22",
};

/** What the fake hub does by itself; each may be changed while it runs. */
interface Manners {
  /** Watches each session from where it has its output. */
  watches: boolean;
  /** Acks output at once. */
  acks: boolean;
  /** Acks the ends of sessions. */
  acksEnds: boolean;
  /** Acks recording segments. */
  records: boolean;
  /** Which of the daemon's sessions live on. */
  keeps: (id: string) => boolean;
  protocol: number | undefined;
}

/** A hub of version 2, as far as a daemon can tell: it holds all that comes against the protocol and remembers it. */
export async function startFakeHub({ port = 0, ...given }: { port?: number } & Partial<Manners> = {}) {
  const manners: Manners = {
    watches: true,
    acks: true,
    acksEnds: true,
    records: true,
    keeps: () => true,
    protocol: 2,
    ...given,
  };
  /** What arrived, in order: frames by their type, requests as `POST /path`. */
  const log: string[] = [];
  const frames: DaemonFrame[] = [];
  const heartbeats: Heartbeat[] = [];
  const registrations: Registration[] = [];
  const mistakes: string[] = [];
  const sessions = new Map<string, FakeSession>();
  let socket: WebSocket | undefined;
  /** The approval rules, as daemons read them. */
  const rules: unknown[] = [];
  let isRefusing = false;
  let greeting: HubFrame | undefined;

  const parse = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) mistakes.push(`${JSON.stringify(value).slice(0, 200)}: ${parsed.error.message}`);
    return parsed.data;
  };

  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const route = `${request.method} ${request.url}`;
    log.push(route);
    if (route === "POST /api/v1/servers/register") {
      const registration = parse(Registration, await json(request));
      if (!registration?.registration_token.endsWith(".good")) return [401, { detail: "The token was used already." }];
      registrations.push(registration);
      return [201, { ...fakeServer, name: registration.name, api_key: fakeKey }];
    }
    if (request.headers["x-api-key"] !== fakeKey) return [401, { detail: "Sign in first." }];
    if (route === "GET /api/v1/server/approval-rules") return [200, rules];
    if (route === "POST /api/v1/server/permissions/log") return [201, { kept: 1 }];
    if (route === "POST /api/v1/servers/heartbeat") {
      const heartbeat = parse(Heartbeat, await json(request));
      if (heartbeat) heartbeats.push(heartbeat);
      return [200, { ok: true }];
    }
    return [404, { detail: "There is nothing at this address." }];
  };

  /** Sends a frame of the protocol. */
  const send = (frame: HubFrame) => socket?.send(JSON.stringify(HubFrame.parse(frame)));

  const sessionOf = (id: string): FakeSession => {
    const session = sessions.get(id) ?? new FakeSession(1000 + sessions.size);
    sessions.set(id, session);
    return session;
  };

  const watch = (id: string, session: FakeSession) => {
    if (manners.watches && session.isWatched) send({ type: "session_watch", session_id: id, from: session.end });
  };

  const takeInventory = (items: FrameOf<"inventory">["sessions"]) => {
    const kept = items.filter(({ session_id }) => manners.keeps(session_id));
    const named = kept.map(({ session_id }) => {
      const { number, segments } = sessionOf(session_id);
      return { session_id, number, recorded: (segments.at(-1) ?? -1) + 1 };
    });
    send({ type: "inventory", sessions: named });
    for (const { session_id, exit } of kept) if (!exit) watch(session_id, sessionOf(session_id));
  };

  const receiveBytes = (bytes: Uint8Array) => {
    const frame = decodeTerminalFrame(bytes);
    const [id, session] = [...sessions].find(([, { number }]) => number === frame?.session) ?? [];
    if (!frame || !session || id === undefined) return void mistakes.push("a binary frame of no session");
    session.receive(frame);
    if (frame.kind === TERMINAL_KINDS.recording) {
      const segment = decodeRecordingSegment(frame.payload)?.segment;
      if (segment === undefined || !manners.records) return;
      session.segments.push(segment);
      send({ type: "recorded", session_id: id, segment });
    } else if (manners.acks) {
      session.acked = session.end;
      send({ type: "ack", session_id: id, offset: session.end });
    }
  };

  const receive = (frame: DaemonFrame) => {
    if (frame.type === "inventory") takeInventory(frame.sessions);
    if (frame.type === "session_started") watch(frame.session_id, sessionOf(frame.session_id));
    if (frame.type === "session_closed" && manners.acksEnds)
      send({ type: "session_closed_ack", session_id: frame.session_id });
  };

  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const sockets = new WebSocketServer({ server, path: "/ws/server" });
  sockets.on("connection", (connected) => {
    log.push("connect");
    if (isRefusing) return connected.close(4401);
    connected.on("message", (data: Buffer, isBinary) => {
      if (isBinary) return connected === socket && receiveBytes(data);
      const frame = parse(DaemonFrame, JSON.parse(String(data)));
      // What a connection still brings when another has taken its place is nobody's.
      if (!frame || (frame.type !== "auth" && connected !== socket)) return;
      if (frame.type === "auth") {
        if (frame.api_key !== fakeKey) return connected.close(4401);
        socket = connected;
        send({ type: "auth_ok", protocol: manners.protocol, hub_time: new Date().toISOString() });
        if (greeting) send(greeting);
      }
      log.push(frame.type);
      frames.push(frame);
      receive(frame);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: boundPort } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${boundPort}`;

  return {
    url,
    port: boundPort,
    manners,
    log,
    frames,
    heartbeats,
    registrations,
    rules,
    mistakes,
    token: (secret = "se.cret.good") => `orcreg_${Buffer.from(`${url}/`).toString("base64url")}.${secret}`,
    /** Frames of one type, of one session when given. */
    of: <T extends DaemonFrame["type"]>(type: T, sessionId?: string): FrameOf<T>[] =>
      frames
        .filter((frame): frame is FrameOf<T> => frame.type === type)
        .filter((frame) => {
          return sessionId === undefined || ("session_id" in frame && frame.session_id === sessionId);
        }),
    session: sessionOf,
    output: (sessionId: string) => sessionOf(sessionId).output,
    send,
    /** Starts a session under a number of its own. */
    start: (frame: Extract<HubFrame, { type: "session_start" }>) =>
      send({ ...frame, number: sessionOf(frame.session_id).number }),
    type: (sessionId: string, text: string) =>
      socket?.send(
        encodeTerminalFrame({
          kind: TERMINAL_KINDS.input,
          session: sessionOf(sessionId).number,
          offset: 0,
          payload: Buffer.from(text),
        }),
      ),
    sendRaw: (text: string | Uint8Array) => socket?.send(text),
    /** Forgets what arrived so far. */
    forget() {
      log.length = 0;
      frames.length = 0;
    },
    linked: () => waitFor(() => log.includes("inventory")),
    /** Cuts the socket as a network would. */
    cut: () => socket?.terminate(),
    /** What is pushed in one breath with the next `auth_ok`. */
    greetWith(frame: HubFrame) {
      greeting = HubFrame.parse(frame);
    },
    refuse(refuses: boolean) {
      isRefusing = refuses;
    },
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
