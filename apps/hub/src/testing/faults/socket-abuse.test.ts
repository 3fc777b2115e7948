import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { HubClient } from "@orchestratia/client/http";
import { createProject, createRegistrationToken } from "@orchestratia/protocol/operations/people";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { FakeDaemon } from "../fake-daemon.ts";
import { HubProcess, scratchHome } from "../hub-process.ts";
import { createTestDatabase } from "../test-database.ts";

vi.setConfig({ testTimeout: 60_000 });

const MIB = 1024 * 1024;
/** What a hub may need more while it is abused: a frame of the largest kind, and what the heap takes before it is cleaned. */
const GROWTH_MIB = 150;

const open: AsyncDisposable[] = [];
let hub: HubProcess;
let url: string;
let neighbour: FakeDaemon;
let apiKey: string;
let token: string;
const silent = new Map<string, Promise<number>>();

beforeAll(async () => {
  const database = await createTestDatabase();
  const scratch = await scratchHome();
  hub = new HubProcess({ DATABASE_URL: database.url, ORCHESTRATIA_HOME: scratch.home, LOG_LEVEL: "fatal" });
  open.push(database, scratch, hub);
  ({ url } = await hub.ready());
  token = await readFile(path.join(scratch.home, "local-token"), "utf8");
  const system = new HubClient({ baseUrl: url, headers: () => ({ authorization: `Bearer ${token}` }) });
  const { id: project } = await system.call(createProject, { body: { key: "ABUSE", name: "Abuse" } });
  const register = async (name: string) => {
    const made = await system.call(createRegistrationToken, { params: { project }, body: {} });
    return FakeDaemon.register(url, { name, registration_token: made.token });
  };
  const daemon = await register("neighbour");
  await daemon.connect();
  neighbour = daemon;
  ({ apiKey } = await register("abuser"));
  open.push(neighbour);
  // They wait for their deadline while everything else goes on.
  for (const { path } of DOORS) silent.set(path, sayNothing(path));
});
afterAll(async () => {
  for (const part of open.toReversed()) await part[Symbol.asyncDispose]();
});

const DOORS = [
  { path: "/ws/server", first: () => ({ type: "auth", api_key: apiKey }), frame: '{"type":"nothing_known"}' },
  { path: "/ws/dashboard", first: () => ({ type: "auth", token }), frame: '{"type":"unsubscribe","topic":"inbox"}' },
] as const;

async function signedIn({ path, first }: (typeof DOORS)[number]): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`);
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send(JSON.stringify(first()));
  await once(socket, "message");
  return socket;
}

/** The hub's memory, in MiB. */
const memoryOf = (): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(hub.child.pid)], { encoding: "utf8" })) / 1024;

/** The hub still answers a neighbour on both of its ways, and has not grown out of bounds. */
async function expectUnhurt(before: number): Promise<void> {
  await neighbour.heartbeat();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(memoryOf() - before).toBeLessThan(GROWTH_MIB);
}

async function closeCodeOf(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, "close");
  return code;
}

for (const door of DOORS) {
  test(`${door.path}: frames that never end are cut at their limit, not gathered`, async () => {
    const before = memoryOf();
    const socket = await signedIn(door);
    const raw = (socket as unknown as { _socket: Socket })._socket;
    const gone = new Promise((resolve) => raw.on("error", () => {}).on("close", resolve));
    // A masked text frame that announces 16 GiB and then goes on and on.
    raw.write(Buffer.from([0x81, 0xff, 0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4]));
    const chunk = Buffer.alloc(MIB, 0x20);
    const pour = () => {
      while (!raw.destroyed && raw.write(chunk));
    };
    raw.on("drain", pour);
    pour();
    await gone;
    await expectUnhurt(before);
  });

  test(`${door.path}: half a frame and then silence costs nothing`, async () => {
    const before = memoryOf();
    const halves = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = await signedIn(door);
        (socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0x81, 0xfe, 0x10, 0, 1, 2, 3, 4, 65]));
        return socket;
      }),
    );
    await expectUnhurt(before);
    for (const socket of halves) socket.terminate();
  });

  test(`${door.path}: JSON nested a hundred thousand deep is a bad frame`, async () => {
    const before = memoryOf();
    const socket = await signedIn(door);
    const closed = closeCodeOf(socket);
    socket.send("[".repeat(100_000));
    expect(await closed).toBe(CLOSE_CODES.badFrame);
    await expectUnhurt(before);
  });

  test(`${door.path}: 33 MiB in one frame is too big`, async () => {
    const before = memoryOf();
    const socket = await signedIn(door);
    const closed = closeCodeOf(socket);
    socket.send(Buffer.alloc(33 * MIB, 0x20), { binary: false });
    expect([CLOSE_CODES.tooBig, 1006]).toContain(await closed);
    await expectUnhurt(before);
  });

  test(`${door.path}: who sends without end is slowed down, and its neighbours are answered`, async () => {
    const before = memoryOf();
    const socket = await signedIn(door);
    const raw = (socket as unknown as { _socket: Socket })._socket;
    let sent = 0;
    let stopped = false;
    const flood = () => {
      while (!stopped && socket.readyState === WebSocket.OPEN && raw.writableLength < MIB) {
        socket.send(door.frame);
        sent += 1;
      }
    };
    raw.on("drain", flood);
    flood();
    const since = performance.now();
    // So many answers to a neighbour while the flood goes on.
    for (let beat = 0; beat < 100; beat += 1) await neighbour.heartbeat();
    await expectUnhurt(before);
    stopped = true;
    const seconds = (performance.now() - since) / 1_000;
    expect(socket.readyState).toBe(WebSocket.OPEN);
    process.stdout.write(`${door.path}: ${sent} frames offered in ${seconds.toFixed(1)} s, 100 heartbeats answered\n`);
    expect(sent).toBeGreaterThan(10_000);
    socket.terminate();
  });

  test(`${door.path}: who says nothing is let go`, async () => {
    expect(await silent.get(door.path)).toBe(CLOSE_CODES.authTimeout);
  });
}

/** Opens a socket, says nothing on it, not even goodbye, and answers with what code the hub closed it. */
async function sayNothing(path: string): Promise<number> {
  const raw = connect(Number(new URL(url).port), "127.0.0.1");
  const headers = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
  raw.write([`GET ${path} HTTP/1.1`, `Host: ${new URL(url).host}`, ...headers, key, "", ""].join("\r\n"));
  const bytes: Buffer[] = [];
  raw.on("data", (chunk: Buffer) => bytes.push(chunk));
  await once(raw, "close");
  const all = Buffer.concat(bytes);
  const frame = all.subarray(all.indexOf("\r\n\r\n") + 4);
  // A close frame: two bytes of header, then the code.
  return frame[0] === 0x88 ? frame.readUInt16BE(2) : 0;
}
