/**
 * The least daemon, for terminal-relay-hub.ts: a terminal per session, in this process or, when it is `held`, in one of
 * its own.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { beside, startChild } from "./child.ts";
import { adaptiveWindow, pump, spawnPty } from "./terminal-pty.ts";

interface Held {
  write(bytes: Buffer): void;
  close(): void;
}

const [url, wire, where] = process.argv.slice(2);
const folder = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-relay-"));
const socket = new WebSocket(`${url}/agent`, { perMessageDeflate: false });
const sessions = new Map<string | number, Held>();

async function start(id: string | number, command: string): Promise<void> {
  const send = senderOf(id);
  const buffered = () => socket.bufferedAmount;
  if (where === "held") {
    const socketPath = path.join(folder, String(id));
    await startChild(beside("./terminal-relay-holder.ts"), [socketPath, command]);
    const holder = connect(socketPath);
    holder.on("data", adaptiveWindow(send));
    sessions.set(id, { write: (bytes) => holder.write(bytes), close: () => holder.destroy() });
  } else {
    const pty = spawnPty(command);
    pump(pty, send, buffered, wire === "binary");
    sessions.set(id, { write: (bytes) => pty._socket.write(bytes), close: () => process.kill(pty.pid, "SIGHUP") });
  }
}

function senderOf(id: string | number): (bytes: Buffer) => void {
  if (typeof id === "string") {
    return (bytes) =>
      socket.send(JSON.stringify({ type: "session_output", session_id: id, data: bytes.toString("base64") }));
  }
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(id, 1);
  return (bytes) => socket.send(Buffer.concat([head, bytes]));
}

function close(id: string | number): void {
  sessions.get(id)?.close();
  sessions.delete(id);
}

socket.on("open", () => process.send?.({}));
socket.on("message", (data: Buffer, isBinary: boolean) => {
  if (!isBinary) {
    const frame = JSON.parse(data.toString());
    if (frame.type === "session_start") void start(frame.session_id, frame.command);
    else if (frame.type === "session_input") sessions.get(frame.session_id)?.write(Buffer.from(frame.data, "base64"));
    else if (frame.type === "session_close") close(frame.session_id);
    return;
  }
  const id = data.readUInt32BE(1);
  if (data[0] === 0) void start(id, data.toString("utf8", 5));
  else if (data[0] === 2) sessions.get(id)?.write(data.subarray(5));
  else if (data[0] === 3) close(id);
});
for (const end of ["SIGTERM", "disconnect"]) {
  process.on(end, () => {
    for (const id of [...sessions.keys()]) close(id);
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
}
