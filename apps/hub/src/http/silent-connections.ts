import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Connections over which nothing was ever said, such as a browser opens in advance. Node counts them neither as idle nor
 * as busy, so whoever closes the server ends them. Answers the function that does.
 */
export function watchSilentConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
