/**
 * Somebody who looks at a session that has printed 4 MB: the bytes they are sent and the time until they see the screen
 * and can type, against a replay of all of it; and what is sent to one who was away for a moment.
 */
import { setTimeout as delay } from "node:timers/promises";
import xterm from "@xterm/headless";
import { WebSocket } from "ws";
import { beside, startChild } from "./child.ts";
import { median, now, option, round } from "./measure.ts";
import { printed, ready } from "./terminal.ts";
import { terminalLog } from "./terminal-log.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import type { Viewer } from "./terminal-viewer.ts";
import { Verdicts } from "./verdicts.ts";

const ROUNDS = option("rounds", 7);
const MISSED_BYTES = 20_000;

using log = terminalLog(4);
await using replayer = await startChild(beside("./replay-server.ts"), [log.file]);
const { port } = replayer.said as { port: number };
await using ours = await startOurs({ flood: PROGRAMS.flood(log.file) });
const END = "READY".length + log.bytes;
const session = await ours.start("flood");
const first = await ours.look(session);
await ready(first);
const all = printed(first, log.bytes);
first.type(Buffer.from("g"));
await all;
await first.leave();
// Until what was only for the first viewer is let go.
await delay(500);

interface Seen {
  ms: number;
  bytes: number;
}

const late: Seen[] = [];
const replay: Seen[] = [];
for (let n = 0; n <= ROUNDS; n += 1) {
  const seen = { late: await joinLate(), replay: await replayAll() };
  // The first round warms everybody up.
  if (n === 0) continue;
  late.push(seen.late);
  replay.push(seen.replay);
}
const of = (seen: Seen[], what: keyof Seen) => median(seen.map((each) => each[what]));
console.log(`  late: ${of(late, "bytes")} bytes · ${round(of(late, "ms"))} ms`);
console.log(`  replay: ${of(replay, "bytes")} bytes · ${round(of(replay, "ms"))} ms`);
const missing = await comeBack();
const verdicts = new Verdicts();
verdicts.add("late join: bytes, x replay", of(late, "bytes") / of(replay, "bytes"), { most: 1 / 20 });
verdicts.add("late join: ms until painted, x replay", median(late.map(({ ms }, n) => ms / (replay[n]?.ms ?? 0))), {
  most: 0.5,
});
verdicts.add(`back after ${MISSED_BYTES} bytes: bytes sent beyond them`, missing - MISSED_BYTES, { most: 0 });
verdicts.print("P7 late join");

function paint(terminal: InstanceType<typeof xterm.Terminal>, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => terminal.write(bytes, resolve));
}

function newTerminal(): InstanceType<typeof xterm.Terminal> {
  return new xterm.Terminal({ cols: 120, rows: 40, scrollback: 1_000, allowProposedApi: true });
}

/** With a line of its own, as a page that is opened; it is painted when the last line of the log is. */
async function joinLate(): Promise<Seen> {
  const begun = now();
  const terminal = newTerminal();
  const viewer = await look(undefined, (bytes) => paint(terminal, bytes));
  const seen = { ms: now() - begun, bytes: viewer.received };
  await viewer.leave();
  return seen;
}

/** Resolves when the last byte is taken. */
async function look(offset: number | undefined, take: (bytes: Buffer) => Promise<void>): Promise<Viewer> {
  let shown = () => {};
  const last = new Promise<void>((resolve) => {
    shown = resolve;
  });
  const taken = (bytes: Buffer, at: number, length: number) =>
    void take(bytes).then(() => {
      if (at + length >= END) shown();
    });
  const viewer = await ours.look(session, {
    mode: "watch",
    ...(offset !== undefined && { offset }),
    on: {
      onSnapshot: (text, at) => taken(text, at, 0),
      onBytes: (bytes, at) => taken(bytes, at, bytes.length),
    },
  });
  await last;
  return viewer;
}

async function replayAll(): Promise<Seen> {
  const begun = now();
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  const terminal = newTerminal();
  let bytes = 0;
  await new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      void paint(terminal, data).then(() => {
        bytes += data.length;
        if (bytes >= log.bytes) resolve();
      });
    });
  });
  const seen = { ms: now() - begun, bytes };
  socket.terminate();
  return seen;
}

/** What one is sent who has all but the last bytes. */
async function comeBack(): Promise<number> {
  let bytes = 0;
  const viewer = await look(END - MISSED_BYTES, async (piece) => {
    bytes += piece.length;
  });
  await viewer.leave();
  return bytes;
}
