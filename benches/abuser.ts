/** A daemon that does not behave: `abuser.ts URL KEY messages|deep|large|halves`. It begins again whenever it is cut off. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

const [url = "", api_key = "", abuse = "messages"] = process.argv.slice(2);
const MESSAGES_PER_SECOND = 10_000;
const TICK_MS = 10;

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws/server`);
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "auth", api_key }));
  await once(socket, "message");
  return socket;
}

const acts: Record<string, (socket: WebSocket) => Promise<unknown>> = {
  async messages(socket) {
    while (socket.readyState === WebSocket.OPEN) {
      for (let n = 0; n < (MESSAGES_PER_SECOND * TICK_MS) / 1_000; n += 1) socket.send('{"type":"nothing_known"}');
      await delay(TICK_MS);
    }
  },
  async deep(socket) {
    socket.send("[".repeat(100_000));
    await once(socket, "close");
  },
  async large(socket) {
    socket.send(Buffer.alloc(33 * 1024 * 1024, 0x20), { binary: false });
    await once(socket, "close");
  },
  async halves(socket) {
    (socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0x81, 0xfe, 0x10, 0, 1, 2, 3, 4, 65]));
    await delay(20);
    socket.terminate();
  },
};

process.send?.("begun");
for (;;) await acts[abuse]?.(await open());
