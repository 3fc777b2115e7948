import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeRecordingSegment,
  decodeSnapshot,
  decodeTerminalFrame,
  encodeRecordingSegment,
  encodeSnapshot,
  encodeTerminalFrame,
  TERMINAL_KINDS,
  type TerminalFrame,
} from "./terminal-frame.ts";

const frames: fc.Arbitrary<TerminalFrame> = fc.record({
  kind: fc.constantFrom(...Object.values(TERMINAL_KINDS)),
  session: fc.integer({ min: 0, max: 0xffff_ffff }),
  offset: fc.maxSafeNat(),
  payload: fc.uint8Array({ maxLength: 200 }),
});

test("what is encoded is decoded again, wherever in its buffer the frame lies", () => {
  fc.assert(
    fc.property(frames, fc.nat(20), fc.nat(20), (frame, before, after) => {
      const encoded = encodeTerminalFrame(frame);
      const buffer = new Uint8Array(before + encoded.byteLength + after).fill(0xee);
      buffer.set(encoded, before);
      const decoded = decodeTerminalFrame(buffer.subarray(before, before + encoded.byteLength));
      expect({ ...decoded, payload: [...(decoded?.payload ?? [])] }).toEqual({ ...frame, payload: [...frame.payload] });
    }),
  );
});

test("the bytes on the wire: kind u8, session u32, offset u64, all big-endian, then the payload", () => {
  const frame = {
    kind: TERMINAL_KINDS.output,
    session: 0x01020304,
    offset: 0x1_0000_0005,
    payload: Uint8Array.of(104, 105),
  };
  expect([...encodeTerminalFrame(frame)]).toEqual([1, 1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0, 5, 104, 105]);
});

test("bytes that are too few for a header are no frame", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      expect(decodeTerminalFrame(bytes)).toBeUndefined();
    }),
  );
});

test("a snapshot and a piece of a recording come out as they went in; what is too short is none", () => {
  const snapshot = { cols: 120, rows: 40, text: Buffer.from("\u001b[1mhello") };
  const shown = decodeSnapshot(encodeSnapshot(snapshot));
  expect(shown && { ...shown, text: Buffer.from(shown.text) }).toEqual(snapshot);
  expect(decodeSnapshot(Uint8Array.from([0, 80, 0]))).toBeUndefined();

  const segment = { segment: 7, end: 2 ** 40 + 1, gzip: Buffer.from([31, 139, 8]) };
  const piece = decodeRecordingSegment(encodeRecordingSegment(segment));
  expect(piece && { ...piece, gzip: Buffer.from(piece.gzip) }).toEqual(segment);
  expect(decodeRecordingSegment(new Uint8Array(11))).toBeUndefined();
});
