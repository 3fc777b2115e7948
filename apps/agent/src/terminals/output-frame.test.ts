import { decodeTerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { expect, test } from "vitest";
import { frameBytes, OutputFrame } from "./output-frame.ts";

const text = (length: number, from = 0) => Buffer.from(Array.from({ length }, (_, n) => (n + from) * 7));

function filled(bytes: Buffer): OutputFrame {
  const frame = OutputFrame.take();
  expect(frame.put(bytes, 0)).toBe(bytes.length);
  return frame;
}

const payloadOf = (frame: OutputFrame) => Buffer.from(decodeTerminalFrame(frame.encode(7, 9))?.payload ?? []);

test("a frame takes no more than it has room for, and says where it belongs", () => {
  const frame = OutputFrame.take();
  const bytes = text(frameBytes + 100);
  expect(frame.put(bytes, 0)).toBe(frameBytes);
  expect(frame.isFull).toBe(true);
  expect(frame.put(bytes, frameBytes)).toBe(0);
  expect(decodeTerminalFrame(frame.encode(7, 1e12))).toMatchObject({ kind: 1, session: 7, offset: 1e12 });
  expect(payloadOf(frame)).toEqual(bytes.subarray(0, frameBytes));
});

test("small ones are joined while there is room", () => {
  const frame = filled(text(100));
  expect(frame.append(filled(text(50, 100)))).toBe(true);
  expect(payloadOf(frame)).toEqual(text(150));
  expect(frame.append(filled(text(frameBytes - 149)))).toBe(false);
  expect(payloadOf(frame)).toEqual(text(150));
});

test("one that is cut keeps its beginning, and the rest is whole in another", () => {
  const frame = filled(text(1000));
  const rest = frame.split(300);
  expect(payloadOf(frame)).toEqual(text(300));
  expect(payloadOf(rest)).toEqual(text(700, 300));
});

test("one that was released is empty when it is taken again", () => {
  const frame = filled(text(10));
  frame.release();
  const again = OutputFrame.take();
  expect(again).toBe(frame);
  expect(again.length).toBe(0);
});
