import { expect, test } from "vitest";
import { Ring } from "./ring.ts";

const stream = Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => (n * 7919) % 251));

test("the last bytes are there by their offset, whatever pieces they came in and however often it went round", () => {
  const ring = new Ring(300_000);
  for (let at = 0, n = 1; at < stream.length; n += 1) {
    const piece = stream.subarray(at, at + ((n * 37_123) % 90_001));
    ring.append(piece);
    at += piece.length;
    expect(ring.end).toBe(at);
    expect(ring.start).toBe(Math.max(0, at - 300_000));
    expect(ring.read(ring.start, 300_000).equals(stream.subarray(ring.start, at))).toBe(true);
    const middle = Math.max(ring.start, at - 100_000);
    expect(ring.read(middle, 5_000).equals(stream.subarray(middle, Math.min(at, middle + 5_000)))).toBe(true);
  }
});

test("of a piece longer than the ring its end stays", () => {
  const ring = new Ring(1_000);
  ring.append(stream.subarray(0, 10));
  ring.append(stream.subarray(10, 5_000));
  expect([ring.start, ring.end]).toEqual([4_000, 5_000]);
  expect(ring.read(4_000, 1_000).equals(stream.subarray(4_000, 5_000))).toBe(true);
});

test("what is read does not change when the ring goes on", () => {
  const ring = new Ring(1_000);
  ring.append(stream.subarray(0, 1_000));
  const read = ring.read(0, 1_000);
  ring.append(stream.subarray(1_000, 2_000));
  expect(read.equals(stream.subarray(0, 1_000))).toBe(true);
});

test("an offset that is gone, or yet to come, is refused", () => {
  const ring = new Ring(1_000);
  ring.append(stream.subarray(0, 1_500));
  expect(() => ring.read(499, 1)).toThrow(RangeError);
  expect(() => ring.read(1_501, 1)).toThrow(RangeError);
  expect(ring.read(1_500, 1)).toHaveLength(0);
});
