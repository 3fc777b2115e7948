/** Sends a file to whoever connects, in pieces of 64 KB. */
import { readFileSync } from "node:fs";
import { WebSocketServer } from "ws";

const PIECE_BYTES = 64 * 1024;
const history = readFileSync(process.argv[2] ?? "");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => {
  for (let at = 0; at < history.length; at += PIECE_BYTES) socket.send(history.subarray(at, at + PIECE_BYTES));
});
server.on("listening", () => process.send?.({ port: (server.address() as { port: number }).port }));
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => process.exit(0));
