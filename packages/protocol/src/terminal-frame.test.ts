import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeTerminalFrame, encodeTerminalFrame, TERMINAL_KINDS, type TerminalFrame } from "./terminal-frame.ts";

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
