/**
 * A holder of another version of the wire than ours, as a process: its first argument says which. It shares nothing with
 * the real one but what the wire is, in numbers, so that a change of the wire that would lose old holders fails a test.
 *
 *   1   as first released: no sizes in the output, no snapshot on request, frames and fields that are older
 *   2   with both
 *   99  from the future: says more than is known today
 */
import { rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { spawn } from "node-pty";
import type { Launch } from "../terminals/holder/holder.ts";

const version = Number(process.argv[2]);
const { folder, env, record } = JSON.parse(await text(process.stdin)) as Launch;
process.on("SIGHUP", () => {});

let printed = Buffer.alloc(0);
let size = { cols: record.cols, rows: record.rows };
let exit: { code: number; signal: null; offset: number } | null = null;
let subscriber: { socket: Socket; sent: number } | undefined;
const sockets = new Set<Socket>();

const [file = "", ...args] = record.command;
const pty = spawn(file, args, { cwd: record.cwd, env, ...size, name: "xterm-256color", encoding: null });
pty.onData((bytes) => {
  printed = Buffer.concat([printed, bytes]);
  pump();
});
pty.onExit(({ exitCode }) => {
  exit = { code: exitCode, signal: null, offset: printed.length };
  save();
  for (const socket of sockets) sendJson(socket, 36, exit);
});

function send(socket: Socket, kind: number, payload: Buffer): void {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + 1, 0);
  head[4] = kind;
  socket.write(Buffer.concat([head, payload]));
}
const sendJson = (socket: Socket, kind: number, value: unknown) =>
  send(socket, kind, Buffer.from(JSON.stringify(value)));

function at(offset: number, ...more: Buffer[]): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(offset));
  return Buffer.concat([bytes, ...more]);
}
function cells(): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(size.cols, 0);
  bytes.writeUInt16BE(size.rows, 2);
  return bytes;
}

function pump(): void {
  if (!subscriber || subscriber.sent >= printed.length) return;
  send(subscriber.socket, 33, at(subscriber.sent, printed.subarray(subscriber.sent)));
  subscriber.sent = printed.length;
}

function snapshot(socket: Socket): void {
  if (version === 1) send(socket, 34, at(printed.length, printed));
  else send(socket, 40, at(printed.length, cells(), printed));
}

function subscribe(socket: Socket, from: number): void {
  const isHere = from >= 0 && from <= printed.length;
  send(socket, 38, at(isHere ? from : -2));
  if (version > 1) send(socket, 39, at(Math.max(from, 0), cells()));
  if (!isHere) snapshot(socket);
  subscriber = { socket, sent: isHere ? from : printed.length };
  pump();
}

function handle(socket: Socket, kind: number, payload: Buffer): void {
  if (kind === 1) subscribe(socket, Number(payload.readBigInt64BE(0)));
  else if (kind === 2) subscriber = undefined;
  else if (kind === 4) pty._socket.write(payload);
  else if (kind === 5) {
    size = JSON.parse(payload.toString());
    pty.resize(size.cols, size.rows);
    save();
  } else if (kind === 6) process.kill(pty.pid, "SIGHUP");
  else if (kind === 7) {
    const { number } = JSON.parse(payload.toString());
    sendJson(socket, 37, { number, lines: printed.toString().trimEnd().split("\r\n") });
  } else if (kind === 8 && exit) {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  } else if (kind === 9 && version > 1) snapshot(socket);
}

function save(): void {
  const known = { ...record, ...size, pid: pty.pid, holder_pid: process.pid, exit };
  writeFileSync(join(folder, "session.json"), JSON.stringify(version === 99 ? { ...known, mood: "hopeful" } : known));
}

createServer((socket) => {
  sockets.add(socket);
  const facts = { prompt_line: "", foreground: true, ...(version > 1 && { cursor_line: "" }) };
  const known = { version, id: record.id, pid: pty.pid, ...size, start: 0, end: printed.length, facts, exit };
  sendJson(socket, 32, version === 99 ? { ...known, mood: "hopeful" } : known);
  if (version === 99) send(socket, 200, Buffer.from("what nobody knows yet"));
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      handle(socket, rest[4] ?? 0, rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
}).listen(record.socket_path, () => {
  save();
  writeSync(1, `${JSON.stringify({ pid: pty.pid })}\n`);
});
