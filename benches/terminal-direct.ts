/** The least that shows a terminal to somebody else: node-pty and ws, a terminal per connection, in one process. */
import { WebSocketServer } from "ws";
import { pump, spawnPty } from "./terminal-pty.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket, request) => {
  const pty = spawnPty(new URL(request.url ?? "", "http://x").searchParams.get("command") ?? "");
  pump(
    pty,
    (bytes) => socket.send(bytes),
    () => socket.bufferedAmount,
    false,
  );
  socket.on("message", (data: Buffer) => pty._socket.write(data));
  socket.on("close", () => process.kill(pty.pid, "SIGHUP"));
});
server.on("listening", () => process.send?.({ port: (server.address() as { port: number }).port }));
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => process.exit(0));
