import { expect, test } from "vitest";
import { bytesFrame, FrameReader } from "./wire.ts";

test("frames come whole and in order, however the stream is cut", () => {
  const lengths = [0, 1, 3, 200, 70_000, 5, 0, 12];
  const sent = lengths.map((length, kind) => ({ kind: kind + 1, payload: Buffer.alloc(length, kind + 65) }));
  const stream = Buffer.concat(sent.map(({ kind, payload }) => bytesFrame(kind, payload)));
  for (const size of [1, 2, 3, 4, 5, 6, 7, 11, 205, 4096, 65_536, stream.length]) {
    const reader = new FrameReader();
    const read: { kind: number; payload: Buffer }[] = [];
    for (let at = 0; at < stream.length; at += size) {
      for (const { kind, payload } of reader.read(stream.subarray(at, at + size))) {
        read.push({ kind, payload: Buffer.from(payload) });
      }
    }
    expect(read.map(({ kind }) => kind)).toEqual(sent.map(({ kind }) => kind));
    expect(read.every(({ payload }, n) => payload.equals(sent[n]?.payload ?? Buffer.from("?")))).toBe(true);
  }
});

test("a length that no peer sends is refused, whole or in pieces", () => {
  for (const head of [Buffer.from([0, 0, 0, 0, 1]), Buffer.from([255, 255, 255, 255, 1])]) {
    expect(() => [...new FrameReader().read(head)]).toThrow("bytes on the holder's socket");
    const reader = new FrameReader();
    expect([...reader.read(head.subarray(0, 2))]).toEqual([]);
    expect(() => [...reader.read(head.subarray(2))]).toThrow("bytes on the holder's socket");
  }
});
