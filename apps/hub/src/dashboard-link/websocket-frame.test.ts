import { expect, test } from "vitest";
import { Receiver } from "ws";
import { binaryMessage } from "./websocket-frame.ts";

const head = Buffer.from("head");

/** What a WebSocket's other end makes of the pieces. */
function received(pieces: readonly Uint8Array[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: false });
    receiver.on("message", (data: Buffer, isBinary: boolean) => (isBinary ? resolve(data) : reject(new Error("text"))));
    receiver.on("error", reject);
    for (const piece of pieces) receiver.write(piece);
  });
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
