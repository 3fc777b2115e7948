import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import websocket from "@fastify/websocket";
import { CLOSE_CODES, DAEMON_FRAME_MAX_BYTES } from "@orchestratia/protocol/server-link";
import type { FastifyInstance } from "fastify";

/** How long a peer may take to say goodbye. */
const GOODBYE_MS = 1_000;

/** The sockets of all doors. Compressing each one would cost hundreds of kilobytes and most of the processor. */
export async function registerWebSockets(app: FastifyInstance): Promise<void> {
  // A name of its own: the types of ws do not know `closeTimeout` yet.
  const options = { maxPayload: DAEMON_FRAME_MAX_BYTES, perMessageDeflate: false, closeTimeout: GOODBYE_MS };
  await app.register(websocket, {
    options,
    // ws closes the socket itself, with the code that says why.
    errorHandler: (error, _socket, request) => request.log.info({ err: error }, "a socket was cut"),
    async preClose() {
      const { clients } = app.websocketServer;
      const gone = [...clients].map((client) => once(client, "close"));
      for (const client of clients) client.close(CLOSE_CODES.goingAway, "the hub is stopping");
      await Promise.race([Promise.all(gone), delay(GOODBYE_MS)]);
      for (const client of clients) client.terminate();
      app.websocketServer.close();
    },
  });
}
