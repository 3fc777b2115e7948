/** Holds the terminal of one session for terminal-relay-agent.ts: raw bytes over a socket. */
import { createServer } from "node:net";
import { pump, spawnPty } from "./terminal-pty.ts";

const [socketPath, command] = process.argv.slice(2) as [string, string];
const server = createServer((socket) => {
  const pty = spawnPty(command);
  pump(
    pty,
    (bytes) => socket.write(bytes),
    () => socket.writableLength,
    false,
  );
  socket.on("data", (bytes) => pty._socket.write(bytes));
  socket.on("error", () => {});
  socket.on("close", () => {
    process.kill(pty.pid, "SIGHUP");
    process.exit(0);
  });
});
server.listen(socketPath, () => process.send?.({}));
