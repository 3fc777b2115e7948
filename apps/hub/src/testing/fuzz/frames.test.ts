import { once } from "node:events";
import { VIEWER_FRAME_MAX_BYTES, ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import { CLOSE_CODES, DaemonFrame } from "@orchestratia/protocol/server-link";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { openTestTeam, type TestTeam } from "../test-team.ts";
import { until } from "../until.ts";
import { type JsonSchema, SchemaValues } from "./schema-values.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20261121);
const RUNS = Number(process.env.FUZZ_RUNS ?? 40) * 25;

let hub: TestHub;
let team: TestTeam;
const known = new Map<string, unknown[]>();

beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  const worker = await team.startAgent();
  const task = await team.addTask();
  known.set("session_id", [worker.id, worker.id.slice(0, 12)]);
  known.set("tmux_name", [`orc-${worker.id.slice(0, 12)}`, "orc-unknown"]);
  known.set("topic", [`project:${team.project}`, `task:${task.id}`, `session:${worker.id}`, "inbox"]);
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** Frames that the schema asks for, sometimes spoilt, and now and then something that is no frame at all. */
function messagesFor(union: z.ZodType): (string | Buffer)[] {
  const json = z.toJSONSchema(union, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const frame = new SchemaValues(json.$defs ?? {}, (name) => known.get(name) ?? []).of(json);
  const text = frame.map((value) => JSON.stringify(value) ?? "");
  const noise = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }).map((noise) => Buffer.from(noise).toString()),
    fc.constantFrom("", "{", "[]", "null", '{"type":null}', "[".repeat(50_000), '{"type":"__proto__"}'),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );
  const message = fc.oneof(
    { arbitrary: text, weight: 12 },
    { arbitrary: noise as fc.Arbitrary<string | Buffer>, weight: 1 },
  );
  return fc.sample(message, { seed: SEED, numRuns: RUNS });
}

/** Sends all of them, over a new socket whenever the hub ended one. Answers the codes with which it did. */
async function sendAll(messages: (string | Buffer)[], open: () => Promise<WebSocket>): Promise<number[]> {
  const codes: number[] = [];
  let socket: WebSocket | undefined;
  for (const message of messages) {
    if (socket?.readyState !== WebSocket.OPEN) {
      socket = await open();
      socket.on("close", (code) => codes.push(code));
    }
    socket.send(message);
    // A ping is answered behind whatever was read before it.
    socket.ping();
    await answered(socket);
  }
  socket?.close();
  return codes;
}

function answered(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("pong", done).off("close", done);
      resolve();
    };
    socket.on("pong", done).on("close", done);
  });
}

async function opened(path: string, first: object): Promise<WebSocket> {
  const socket = new WebSocket(`${hub.url.replace("http", "ws")}${path}`);
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send(JSON.stringify(first));
  await once(socket, "message");
  return socket;
}

const DOCUMENTED = new Set<number>([1000, 1005, ...Object.values(CLOSE_CODES)]);

async function expectUnhurt(codes: number[]): Promise<void> {
  expect(codes.filter((code) => !DOCUMENTED.has(code))).toEqual([]);
  const failed = hub.logged.filter(({ level }) => Number(level) >= 50);
  expect(failed).toEqual([]);
  await until(async () => (await hub.fetch("/readyz")).status === 200);
}

test("a daemon's socket bears whatever is sent", async () => {
  const messages = messagesFor(DaemonFrame);
  const codes = await sendAll(messages, () => opened("/ws/server", { type: "auth", api_key: team.daemon.apiKey }));
  process.stdout.write(`fuzz: seed ${SEED}, ${messages.length} daemon frames, ${codes.length} sockets ended\n`);
  await expectUnhurt(codes);
  await team.daemon.connect();
  expect((await team.startAgent()).name).toBeTruthy();
});

test("a version 2 daemon's socket bears whatever is sent, in bytes too", async () => {
  const messages = [...messagesFor(DaemonFrame), ...binaryMessages()];
  const first = { type: "auth", api_key: team.daemon.apiKey, protocol: 2 };
  const codes = await sendAll(messages, () => opened("/ws/server", first));
  process.stdout.write(`fuzz: seed ${SEED}, ${messages.length} version 2 frames, ${codes.length} sockets ended\n`);
  await expectUnhurt(codes);
  await team.daemon.connect();
  expect((await team.startAgent()).name).toBeTruthy();
});

/** Frames of every kind for sessions that are there and that are not, at offsets up to the largest, whole and cut. */
function binaryMessages(): Buffer[] {
  const payloads = [0, 1, 3, 4, 11, 12, 300].map((length) => Buffer.alloc(length, length % 256));
  const offsets = [0n, 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
  return [0, 1, 2, 3, 4, 5, 255].flatMap((kind) =>
    [0, 1, 2, 2 ** 32 - 1].flatMap((session) =>
      offsets.flatMap((offset) =>
        payloads.map((payload) => {
          const header = Buffer.alloc(13);
          header.writeUInt8(kind, 0);
          header.writeUInt32BE(session, 1);
          header.writeBigUInt64BE(offset, 5);
          const frame = Buffer.concat([header, payload]);
          return payload.length === 0 ? frame.subarray(0, Number(offset % 13n)) : frame;
        }),
      ),
    ),
  );
}

test("a viewer's socket bears whatever is sent", async () => {
  const messages = messagesFor(ViewerFrame).filter((message) => message.length < VIEWER_FRAME_MAX_BYTES);
  const { authorization } = await hub.systemHeaders();
  const token = authorization.replace("Bearer ", "");
  const codes = await sendAll(messages, () => opened("/ws/dashboard", { type: "auth", token }));
  process.stdout.write(`fuzz: seed ${SEED}, ${messages.length} viewer frames, ${codes.length} sockets ended\n`);
  await expectUnhurt(codes);
});
