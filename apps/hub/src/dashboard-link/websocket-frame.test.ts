import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { binaryMessage } from "./websocket-frame.ts";

const head = Buffer.from("head");

/** What a WebSocket's other end makes of the pieces. */
async function received(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (_socket, request) => {
    for (const piece of pieces) request.socket.write(piece);
  });
  await once(server, "listening");
  const viewer = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [data, isBinary] = (await once(viewer, "message")) as [Buffer, boolean];
  expect(isBinary).toBe(true);
  viewer.terminate();
  server.close();
  return data;
}

test.each([0, 1, 121, 122, 8192, 8193, 65_531, 65_532, 200_000])(
  "a payload of %i bytes comes as it is",
  async (length) => {
    const payload = Buffer.from(Array.from({ length }, (_, n) => n * 7));
    expect(await received(binaryMessage(head, payload))).toEqual(Buffer.concat([head, payload]));
  },
);

test("what is large is not copied, unless it would keep far more memory than it takes", () => {
  const read = Buffer.allocUnsafeSlow(64 * 1024);
  expect(binaryMessage(head, read.subarray(0, 32 * 1024))[1]?.buffer).toBe(read.buffer);
  expect(binaryMessage(head, read.subarray(0, 31 * 1024))).toHaveLength(1);
  expect(binaryMessage(head, read.subarray(0, 60))).toHaveLength(1);
});
