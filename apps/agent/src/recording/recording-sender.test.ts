import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeRecordingSegment, decodeTerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../clock.ts";
import { testClock } from "../testing/test-clock.ts";
import { waitFor } from "../testing/wait.ts";
import { RecordingSender } from "./recording-sender.ts";
import { listSegments, segmentPath } from "./segment-file.ts";

async function startSender(numbers: number[], clock: Clock = systemClock) {
  const folder = await mkdtemp(join(tmpdir(), "recording-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const add = (segment: number) =>
    writeFile(segmentPath(folder, { segment, offset: segment * 100, end: segment * 100 + 100 }), `gzip ${segment}`);
  for (const segment of numbers) await add(segment);
  const sent: { session: number; segment: number; offset: number; end: number; text: string }[] = [];
  const sender = new RecordingSender({
    folder,
    clock,
    send(bytes) {
      const frame = decodeTerminalFrame(bytes);
      const segment = frame && decodeRecordingSegment(frame.payload);
      if (!segment || frame.kind !== 3) throw new Error("no segment");
      const { session, offset } = frame;
      sent.push({ session, offset, segment: segment.segment, end: segment.end, text: `${Buffer.from(segment.gzip)}` });
    },
  });
  onTestFinished(() => sender[Symbol.dispose]());
  return { sender, sent, add, folder, waiting: () => listSegments(folder).map(({ segment }) => segment) };
}

test("segments go out in order, at most two ahead of what the hub keeps, and are removed then", async () => {
  const { sender, sent, waiting } = await startSender([10, 9, 8, 11]);
  sender.begin(7, 0);
  await waitFor(() => sent.length === 2);
  expect(sent[0]).toEqual({ session: 7, segment: 8, offset: 800, end: 900, text: "gzip 8" });
  expect(waiting()).toEqual([8, 9, 10, 11]);
  sender.recorded(8);
  await waitFor(() => sent.length === 3);
  expect(waiting()).toEqual([9, 10, 11]);
  sender.recorded(10);
  await waitFor(() => sent.length === 4);
  expect(sent.map(({ segment }) => segment)).toEqual([8, 9, 10, 11]);
  expect(waiting()).toEqual([11]);
});

test("nothing leaves before the hub said where it wants to go on, and what it has is removed then", async () => {
  const { sender, sent, waiting } = await startSender([3, 4, 5]);
  sender.look();
  sender.begin(1, 5);
  await waitFor(() => sent.length === 1);
  expect(sent[0]?.segment).toBe(5);
  expect(waiting()).toEqual([5]);
});

test("what was under way when the link broke comes again on the next", async () => {
  const { sender, sent } = await startSender([0, 1, 2]);
  sender.begin(1, 0);
  await waitFor(() => sent.length === 2);
  sender.stop();
  sender.begin(2, 0);
  await waitFor(() => sent.length === 4);
  expect(sent.map(({ session, segment }) => [session, segment])).toEqual([
    [1, 0],
    [1, 1],
    [2, 0],
    [2, 1],
  ]);
});

test("what the hub says nothing of for a minute is sent again, in order", async () => {
  const clock = testClock();
  const { sender, sent } = await startSender([4, 5, 6], clock);
  sender.begin(1, 0);
  await waitFor(() => sent.length === 2);
  clock.advance(59_000);
  clock.advance(11_000);
  await waitFor(() => sent.length === 4);
  expect(sent.map(({ segment }) => segment)).toEqual([4, 5, 4, 5]);
});

test("a segment that comes later is sent without being told of", async () => {
  const { sender, sent, add } = await startSender([]);
  sender.begin(1, 0);
  await add(0);
  await waitFor(() => sent.length === 1);
});

test("the hub has as long to keep all as there is a link to it, however long it was away", async () => {
  const clock = testClock();
  const { sender, sent } = await startSender([0, 1], clock);
  let outcome: boolean | undefined;
  const drained = sender.drained(600_000).then((isDrained) => {
    outcome = isDrained;
  });
  clock.advance(24 * 3_600_000);
  sender.begin(1, 0);
  await waitFor(() => sent.length === 2);
  clock.advance(590_000);
  sender.stop();
  clock.advance(24 * 3_600_000);
  sender.begin(1, 0);
  await waitFor(() => sent.length === 4);
  expect(outcome).toBeUndefined();
  clock.advance(10_000);
  await drained;
  expect(outcome).toBe(false);
});

test("it is drained when the hub keeps all", async () => {
  const { sender, sent, waiting } = await startSender([0, 1, 2]);
  sender.begin(1, 0);
  const drained = sender.drained(15_000);
  await waitFor(() => sent.length === 2);
  sender.recorded(1);
  await waitFor(() => sent.length === 3);
  sender.recorded(2);
  expect(await drained).toBe(true);
  expect(waiting()).toEqual([]);
});
