import { expect, test } from "vitest";
import { OutputTurns } from "./output-turns.ts";

const kib = 1024;

function nextOf(frames: string[]) {
  const frame = frames.shift();
  return frame === undefined ? undefined : { frame };
}

/** A socket that takes nothing until it is told to, and sources with frames of a given size. */
function testTurns() {
  const sent: string[] = [];
  const unflushed: (() => void)[] = [];
  const turns = new OutputTurns((frame, onFlushed) => {
    sent.push(String(frame).replaceAll(".", ""));
    unflushed.push(onFlushed);
  });
  const source = (name: string, count: number, bytes = 16 * kib) => {
    const frames = Array.from({ length: count }, (_, n) => `${name}${n}`.padEnd(bytes, "."));
    return { next: () => nextOf(frames) };
  };
  return {
    turns,
    sent,
    source,
    flushOne: () => unflushed.shift()?.(),
    flushAll() {
      while (unflushed.length > 0) unflushed.shift()?.();
    },
  };
}

test("sessions with output waiting take turns, one frame each", () => {
  const { turns, sent, source, flushAll } = testTurns();
  turns.add(source("a", 5));
  turns.add(source("b", 2));
  turns.add(source("c", 3));
  flushAll();
  // a was alone when it came, and had filled the buffer before the others did.
  expect(sent).toEqual(["a0", "a1", "a2", "a3", "b0", "c0", "a4", "b1", "c1", "c2"]);
});

test("no more than 64 KiB wait in the socket, and each frame that it takes makes room for the next", () => {
  const { turns, sent, source, flushOne } = testTurns();
  turns.add(source("a", 100, 32 * kib));
  expect(sent).toEqual(["a0", "a1"]);
  flushOne();
  expect(sent).toEqual(["a0", "a1", "a2"]);
});

test("a frame that cannot be cut goes in its turn, and everything else waits until it is taken", () => {
  const { turns, sent, source, flushOne } = testTurns();
  turns.add(source("snapshot", 1, 500 * kib));
  turns.add(source("a", 1));
  expect(sent).toEqual(["snapshot0"]);
  flushOne();
  expect(sent).toEqual(["snapshot0", "a0"]);
});

test("a recording goes only when no output waits, one at a time", async () => {
  const { turns, sent, source, flushOne, flushAll } = testTurns();
  turns.add(source("a", 3, 32 * kib));
  const recorded: number[] = [];
  for (const n of [0, 1])
    void turns.recording(Buffer.from(`r${n}`.padEnd(900 * kib, "."))).then(() => recorded.push(n));
  flushOne();
  expect(sent).toEqual(["a0", "a1", "a2"]);
  flushOne();
  expect(sent).toHaveLength(3);
  flushOne();
  expect(sent.slice(3)).toEqual(["r0"]);
  turns.add(source("b", 1));
  flushAll();
  expect(sent.slice(3)).toEqual(["r0", "b0", "r1"]);
  await Promise.resolve();
  expect(recorded).toEqual([0, 1]);
});

test("output that never ends leaves some of the line to files and recordings, and small frames do not wait for large ones", async () => {
  const { turns, sent, source, flushOne } = testTurns();
  turns.add(source("a", 10_000, 32 * kib));
  const taken: string[] = [];
  const put = (name: string, bytes: number) =>
    turns.recording(Buffer.from(name.padEnd(bytes, "."))).then(() => taken.push(name));
  void put("recording", 512 * kib);
  const file = (async () => {
    for (let n = 0; n < 30; n += 1) await put(`file${n}`, 32 * kib);
  })();
  const places = (name: string) => sent.flatMap((one, at) => (one.startsWith(name) ? [at] : []));
  while (sent.length < 400) {
    flushOne();
    await Promise.resolve();
  }
  // Eight pieces of output before each of the file's, beside those that are in the socket; sixteen times as many before
  // the recording.
  const files = places("file");
  expect(files.slice(0, 5)).toEqual([10, 22, 34, 46, 58]);
  expect(files).toHaveLength(30);
  expect(places("recording")[0]).toBeGreaterThan(8 * 16);
  expect(places("recording")[0]).toBeLessThan(8 * 16 * 1.5);
  expect(taken).toHaveLength(31);
  await file;
});

test("a link that is over lets nobody wait for it", async () => {
  const { turns, sent, source } = testTurns();
  turns.add(source("a", 9, 32 * kib));
  const waiting = turns.recording(Buffer.from("r"));
  const other = testTurns();
  const untaken = other.turns.recording(Buffer.from("r"));
  expect(other.sent).toEqual(["r"]);
  turns[Symbol.dispose]();
  other.turns[Symbol.dispose]();
  await Promise.all([waiting, untaken]);
  await turns.recording(Buffer.from("r"));
  turns.add(source("b", 1));
  expect(sent).toEqual(["a0", "a1"]);
});

test("a session that is not watched any more has no turn", () => {
  const { turns, sent, source, flushAll } = testTurns();
  const left = source("a", 9, 32 * kib);
  turns.add(left);
  turns.remove(left);
  flushAll();
  expect(sent).toEqual(["a0", "a1"]);
});

test("a source that adds itself while it is asked is asked no deeper", () => {
  const { turns, sent } = testTurns();
  let count = 0;
  const eager = {
    next() {
      turns.add(eager);
      count += 1;
      return count <= 2 ? { frame: `e${count}` } : undefined;
    },
  };
  turns.add(eager);
  expect(sent).toEqual(["e1", "e2"]);
});
