import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { testClock } from "../testing/test-clock.ts";
import { waitFor } from "../testing/wait.ts";
import { Recorder, type RecorderOptions } from "./recorder.ts";
import { listSegments, recordingFolder, segmentPath } from "./segment-file.ts";

async function startRecorder(options: Partial<RecorderOptions> = {}) {
  const session = await mkdtemp(join(tmpdir(), "recording-"));
  onTestFinished(() => rm(session, { recursive: true, force: true }));
  const folder = recordingFolder(session);
  const clock = testClock();
  const recorder = new Recorder({ folder, cols: 80, rows: 24, clock, ...options });
  onTestFinished(() => recorder.close(null));
  return {
    recorder,
    clock,
    folder,
    segments: () => listSegments(folder),
    async events() {
      const texts = await Promise.all(listSegments(folder).map((file) => readFile(segmentPath(folder, file))));
      const lines = texts.flatMap((text) => gunzipSync(text).toString("utf8").split("\n").slice(0, -1));
      return lines.map((line) => JSON.parse(line) as [number, string, string]);
    },
  };
}

test("what is printed, resizes, typists and the end become event lines with their times", async () => {
  const { recorder, clock, events, segments } = await startRecorder();
  clock.advance(1000);
  recorder.output(Buffer.from("he"));
  clock.advance(2);
  recorder.output(Buffer.from('llo "you"\u001b[1m\r\n'));
  clock.advance(498);
  recorder.resize(80, 24);
  recorder.resize(100, 30);
  recorder.driver("ada");
  clock.advance(500);
  recorder.output(Buffer.from("ls"));
  recorder.driver(null);
  await recorder.close(3);
  expect(await events()).toEqual([
    [1, "r", "80x24"],
    [1, "o", 'hello "you"\u001b[1m\r\n'],
    [1.5, "r", "100x30"],
    [1.5, "m", "driver: ada"],
    [2, "o", "ls"],
    [2, "m", "driver: nobody"],
    [2, "m", "exit: 3"],
  ]);
  expect(segments()).toEqual([{ segment: 0, offset: 0, end: 19 }]);
});

test("a character that two writes share is recorded whole, whatever was cut where", async () => {
  const text = "naïve ☕ 你好 🚀 \u001b[31mend\u001b[0m";
  const bytes = Buffer.from(text);
  for (let at = 1; at < bytes.length; at += 1) {
    const { recorder, clock, events } = await startRecorder();
    recorder.output(bytes.subarray(0, at));
    clock.advance(100);
    recorder.output(bytes.subarray(at));
    await recorder.close(0);
    const printed = (await events()).filter(([, code]) => code === "o").map(([, , data]) => data);
    expect(printed.join("")).toBe(text);
  }
});

test("bytes that are no text are recorded as replacement characters, every byte may be one", async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const { recorder, events } = await startRecorder();
  recorder.output(every);
  recorder.output(Buffer.from("né \u2028 🚀"));
  await recorder.close(0);
  expect((await events())[1]).toEqual([0, "o", Buffer.concat([every, Buffer.from("né \u2028 🚀")]).toString("utf8")]);
});

test("a segment is closed 30 s after its first event", async () => {
  const { recorder, clock, segments, events } = await startRecorder();
  recorder.output(Buffer.from("one"));
  clock.advance(29_999);
  expect(recorder.lag).toBe(0);
  clock.advance(2);
  await waitFor(() => segments().length === 1);
  clock.advance(60_000);
  recorder.output(Buffer.from("two"));
  await recorder.close(0);
  expect(segments()).toEqual([
    { segment: 0, offset: 0, end: 3 },
    { segment: 1, offset: 3, end: 6 },
  ]);
  // Each can be replayed without the other.
  expect((await events()).filter(([, code]) => code === "r")).toEqual([
    [0, "r", "80x24"],
    [90.001, "r", "80x24"],
  ]);
});

test("a flood is closed each megabyte, and the segments' offsets meet", async () => {
  const told: number[] = [];
  const { recorder, segments, events } = await startRecorder({ onSegment: ({ segment }) => told.push(segment) });
  const line = Buffer.from(`${"x".repeat(62)}é\r\n`);
  const total = 5_000_000;
  for (let sent = 0; sent < total; sent += line.length) recorder.output(line);
  await recorder.close(0);
  expect(recorder.lag).toBe(0);
  const files = segments();
  expect(files.length).toBeGreaterThan(4);
  expect(told).toEqual(files.map(({ segment }) => segment));
  files.forEach(({ segment, offset }, index) => {
    expect(segment).toBe(index);
    expect(offset).toBe(files[index - 1]?.end ?? 0);
  });
  const printed = (await events()).filter(([, code]) => code === "o").map(([, , data]) => data);
  expect(files.at(-1)?.end).toBe(Buffer.byteLength(printed.join("")));
});

test("a spool that is full gives up its oldest segments", async () => {
  const { recorder, segments } = await startRecorder({ spoolBytes: 3_000_000 });
  // What cannot be compressed, so that the spool fills.
  for (let sent = 0; sent < 8; sent += 1) recorder.output(Buffer.from(randomBytes(600_000).toString("base64")));
  await recorder.close(0);
  const numbers = segments().map(({ segment }) => segment);
  expect(numbers[0]).toBeGreaterThan(0);
  expect(numbers.at(-1)).toBe(4);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
});

test("a folder that cannot be written costs segments, never the program", async () => {
  const told: number[] = [];
  const { recorder, folder, segments } = await startRecorder({ onSegment: () => told.push(recorder.lag) });
  await rm(folder, { recursive: true });
  recorder.output(Buffer.from("unheard"));
  await recorder.close(0);
  expect(segments()).toEqual([]);
  // Whoever had to wait for it may go on.
  expect(told).toEqual([0]);
});
