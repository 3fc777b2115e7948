/** The least hub: forwards between one agent and viewers, several of a session if they ask for it, in binary frames or in JSON with base64. */
import { type WebSocket, WebSocketServer } from "ws";

const [wire] = process.argv.slice(2);
const HIGH_BYTES = 512 * 1024;
const audiences = new Map<number, Set<WebSocket>>();
let agent: WebSocket | undefined;
let next = 1;
let paused = false;

/** Nothing more is read from the agent while a viewer has too much before it. */
function slowDown(viewer: WebSocket): void {
  if (paused || viewer.bufferedAmount < HIGH_BYTES) return;
  paused = true;
  agent?.pause();
  const timer = setInterval(() => {
    if (
      [...audiences.values()].some((audience) =>
        [...audience].some(({ bufferedAmount }) => bufferedAmount > HIGH_BYTES / 4),
      )
    )
      return;
    clearInterval(timer);
    paused = false;
    agent?.resume();
  }, 1);
}

function forward(data: Buffer, isBinary: boolean): void {
  const frame = isBinary ? undefined : JSON.parse(data.toString());
  const audience = audiences.get(frame ? Number(frame.session_id.slice(-12)) : data.readUInt32BE(1));
  for (const viewer of audience ?? []) {
    viewer.send(frame ? JSON.stringify({ ...frame, server_id: "server" }) : data);
    slowDown(viewer);
  }
}

const head = (kind: number, id: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes[0] = kind;
  bytes.writeUInt32BE(id, 1);
  return bytes;
};
const sessionId = (id: number): string => `0198c7e2-7d5e-7cc3-9f0a-${String(id).padStart(12, "0")}`;

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket, request) => {
  if (request.url === "/agent") {
    agent = socket;
    socket.on("message", forward);
    return;
  }
  const asked = new URL(request.url ?? "", "http://x").searchParams;
  const known = audiences.get(Number(asked.get("session")));
  if (known) {
    known.add(socket);
    socket.on("close", () => known.delete(socket));
    return;
  }
  const id = next++;
  audiences.set(id, new Set([socket]));
  const command = asked.get("command") ?? "";
  agent?.send(
    wire === "json"
      ? JSON.stringify({ type: "session_start", session_id: sessionId(id), command })
      : Buffer.concat([head(0, id), Buffer.from(command)]),
  );
  socket.on("message", (data: Buffer) => {
    if (wire === "json") agent?.send(JSON.stringify({ ...JSON.parse(data.toString()), session_id: sessionId(id) }));
    else agent?.send(Buffer.concat([head(2, id), data]));
  });
  socket.on("close", () => {
    audiences.delete(id);
    agent?.send(wire === "json" ? JSON.stringify({ type: "session_close", session_id: sessionId(id) }) : head(3, id));
  });
});
server.on("listening", () => process.send?.({ port: (server.address() as { port: number }).port }));
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => process.exit(0));
