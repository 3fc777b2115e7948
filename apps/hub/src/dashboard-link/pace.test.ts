import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { SessionId } from "@orchestratia/protocol/vocabulary";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveSession } from "../sessions/live-sessions.ts";
import { OutputFeed } from "../sessions/output-feed.ts";
import { OutputWindow } from "../sessions/output-window.ts";
import { Pace, type PaceSetter } from "./pace.ts";

const KIB = 1024;
const id = "c3d90e7b-2a64-4f1d-8e05-9b7a61c2f4d8" as SessionId;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A session whose daemon hears the acknowledgements; the test prints and drives. */
function paced() {
  const output = new OutputWindow();
  const feed = new OutputFeed(id, output);
  const acks: number[] = [];
  feed.linked((frame: HubFrame) => {
    if (frame.type === "ack") acks.push(frame.offset);
    return true;
  });
  const pace = new Pace({ output, feed } as LiveSession);
  output.listen({ onOutput: () => pace.update() });
  const driver: { acked: number | undefined } = { acked: undefined };
  return {
    acks,
    output,
    follow: (setter: PaceSetter | undefined = driver) => pace.follow(setter),
    leave: () => pace.follow(undefined),
    print: (kib: number) => output.append(new Uint8Array(kib * KIB)),
    ack: (kib: number) => {
      driver.acked = kib * KIB;
      pace.acknowledged();
    },
    /** The last acknowledgement, in KiB. */
    get consumed() {
      return (acks.at(-1) ?? 0) / KIB;
    },
  };
}

test("while nobody drives everything counts as consumed at once", () => {
  const it = paced();
  for (let n = 0; n < 5; n += 1) it.print(32);
  expect(it.consumed).toBe(160);
});

test("a driver that never acknowledges, as older pages do, holds nothing up", () => {
  const it = paced();
  it.follow();
  it.print(300);
  expect(it.consumed).toBe(300);
});

test("a driver that acknowledges sets the pace", () => {
  const it = paced();
  it.follow();
  it.print(32);
  it.ack(32);
  it.print(96);
  expect(it.consumed).toBe(32);
  it.ack(64);
  expect(it.consumed).toBe(64);
  it.ack(128);
  expect(it.consumed).toBe(128);
});

test("a driver that stalls does not count after a second, and again when it has caught up", () => {
  const it = paced();
  it.follow();
  it.print(32);
  it.ack(32);
  it.print(96);
  vi.advanceTimersByTime(999);
  expect(it.consumed).toBe(32);
  vi.advanceTimersByTime(1);
  expect(it.consumed).toBe(128);
  it.print(64);
  expect(it.consumed).toBe(192);
  it.ack(128);
  expect(it.consumed).toBe(192);
  it.ack(192);
  it.print(96);
  expect(it.consumed).toBe(192);
});

test("a slow driver that gets on counts however long it takes", () => {
  const it = paced();
  it.follow();
  it.print(32);
  it.ack(1);
  it.print(96);
  for (let acked = 33; acked < 65; acked += 4) {
    vi.advanceTimersByTime(900);
    it.ack(acked);
    it.print(4);
  }
  expect(it.consumed).toBeLessThan(65);
});

test("whoever drives next is not held to what the last one left", () => {
  const it = paced();
  it.follow();
  it.print(32);
  it.ack(32);
  it.print(96);
  it.leave();
  expect(it.consumed).toBe(128);
});

test("what the window skipped is on no line any more", () => {
  const it = paced();
  it.follow();
  it.print(32);
  it.ack(32);
  it.output.takeSnapshot({ offset: 900 * KIB, cols: 80, rows: 24, text: new Uint8Array(3) });
  it.print(32);
  expect(it.consumed).toBe(900);
});
