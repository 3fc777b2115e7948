/** The least that a WebSocket server can be: it keeps who sent a first frame. Says its port to whoever started it. */
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
const known = new Set<unknown>();
server.on("connection", (socket) => {
  socket.once("message", () => {
    known.add(socket);
    socket.send('{"type":"auth_ok"}');
  });
});
server.on("listening", () => process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
