import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import { Heartbeat, Registration } from "@orchestratia/protocol/servers";
import { type WebSocket, WebSocketServer } from "ws";
import type { z } from "zod";
import { waitFor } from "./wait.ts";

type FrameOf<T extends DaemonFrame["type"]> = Extract<DaemonFrame, { type: T }>;
export const fakeKey = "orc_the-servers-key";
export const fakeServer = {
  id: "6f2f6a52-6f3c-4c7e-9c1e-0d8c7f4f4a11",
  project_id: "0b8f1b3e-32bf-4a2c-9a44-6a7c9b8f3d22",
};

/** A hub as far as a daemon can tell: it holds every frame and request against the protocol and remembers them. */
export async function startFakeHub({ port = 0 } = {}) {
  /** What arrived, in order: frames by their type, requests as `POST /path`. */
  const log: string[] = [];
  const frames: DaemonFrame[] = [];
  const heartbeats: Heartbeat[] = [];
  const registrations: Registration[] = [];
  const mistakes: string[] = [];
  let socket: WebSocket | undefined;
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
    if (route === "POST /api/v1/servers/heartbeat") {
      const heartbeat = parse(Heartbeat, await json(request));
      if (heartbeat) heartbeats.push(heartbeat);
      return [200, { ok: true }];
    }
    if (route === "GET /api/v1/server/access-grants") return [200, []];
    return [404, { detail: "There is nothing at this address." }];
  };

  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const sockets = new WebSocketServer({ server, path: "/ws/server" });
  sockets.on("connection", (connected) => {
    log.push("connect");
    if (isRefusing) return connected.close(4401);
    connected.on("message", (data) => {
      const frame = parse(DaemonFrame, JSON.parse(String(data)));
      if (!frame) return;
      if (frame.type === "auth") {
        if (frame.api_key !== fakeKey) return connected.close(4401);
        socket = connected;
        connected.send(JSON.stringify({ type: "auth_ok" }));
        if (greeting) connected.send(JSON.stringify(greeting));
      }
      log.push(frame.type);
      frames.push(frame);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: boundPort } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${boundPort}`;

  return {
    url,
    port: boundPort,
    log,
    frames,
    heartbeats,
    registrations,
    mistakes,
    token: (secret = "se.cret.good") => `orcreg_${Buffer.from(`${url}/`).toString("base64url")}.${secret}`,
    /** Frames of one type, of one session when given. */
    of: <T extends DaemonFrame["type"]>(type: T, sessionId?: string): FrameOf<T>[] =>
      frames
        .filter((frame): frame is FrameOf<T> => frame.type === type)
        .filter((frame) => {
          return sessionId === undefined || ("session_id" in frame && frame.session_id === sessionId);
        }),
    output: (sessionId: string) =>
      Buffer.concat(
        frames.flatMap((frame) =>
          frame.type === "session_output" && frame.session_id === sessionId ? [Buffer.from(frame.data, "base64")] : [],
        ),
      ),
    /** Sends a frame of the protocol. */
    send: (frame: HubFrame) => socket?.send(JSON.stringify(HubFrame.parse(frame))),
    sendRaw: (text: string) => socket?.send(text),
    /** Forgets what arrived so far. */
    forget() {
      log.length = 0;
      frames.length = 0;
    },
    linked: () => waitFor(() => log.includes("GET /api/v1/server/access-grants")),
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
