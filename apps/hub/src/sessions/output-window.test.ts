import { expect, test } from "vitest";
import { OutputWindow } from "./output-window.ts";

test("a window gives back exactly the bytes behind an offset, however they came and however often it grew", () => {
  const window = new OutputWindow(0, 10_000);
  const all: number[] = [];
  for (let step = 0; step < 400; step += 1) {
    const piece = Uint8Array.from({ length: (step * 7) % 131 }, (_, at) => (step + at) % 251);
    window.append(piece);
    all.push(...piece);
    expect(window.end).toBe(all.length);
    expect(window.start).toBe(Math.max(0, all.length - 10_000));
    const offset = window.start + ((step * 37) % Math.max(1, window.end - window.start));
    expect([...window.since(offset).bytes]).toEqual(all.slice(offset));
  }
});

test("a piece larger than the window leaves its end", () => {
  const window = new OutputWindow(0, 8);
  window.append(Buffer.from("abc"));
  window.append(Buffer.from("0123456789"));
  expect(window.start).toBe(5);
  expect(window.end).toBe(13);
  expect(window.since(5).bytes.toString()).toBe("23456789");
});

test("an offset outside the window gives all that is kept, and says from where", () => {
  const window = new OutputWindow(100, 8);
  window.append(Buffer.from("abcd"));
  expect(window.since(0)).toEqual({ offset: 100, bytes: Buffer.from("abcd") });
  expect(window.since(105)).toEqual({ offset: 100, bytes: Buffer.from("abcd") });
  expect(window.since(104)).toEqual({ offset: 104, bytes: Buffer.from("") });
  expect(window.since(101, 2)).toEqual({ offset: 101, bytes: Buffer.from("bc") });
});

test("listeners hear each piece with its offset until they stop", () => {
  const window = new OutputWindow();
  const heard: [string, number][] = [];
  const stop = window.listen({
    onOutput: (bytes, offset) => heard.push([Buffer.from(bytes).toString(), offset]),
  });
  window.append(Buffer.from("ab"));
  window.append(Buffer.from("c"));
  stop();
  window.append(Buffer.from("d"));
  expect(heard).toEqual([
    ["ab", 0],
    ["c", 2],
  ]);
});

test("bytes that say where they belong are neither doubled nor put behind a gap", () => {
  const window = new OutputWindow();
  window.receive(0, Buffer.from("abcd"));
  window.receive(2, Buffer.from("cdef"));
  window.receive(1, Buffer.from("bc"));
  expect([window.end, window.since(0).bytes.toString()]).toEqual([6, "abcdef"]);
  window.receive(10, Buffer.from("k"));
  expect([window.start, window.end, window.since(0).bytes.toString()]).toEqual([10, 11, "k"]);
});

test("a snapshot belongs to the bytes behind it, for as long as they are all here", () => {
  const window = new OutputWindow(0, 8);
  const heard: string[] = [];
  window.listen({
    onOutput: (bytes, offset) => heard.push(`${offset}: ${Buffer.from(bytes)}`),
    onSnapshot: ({ offset, text }) => heard.push(`${offset} is ${Buffer.from(text)}`),
    onResized: ({ offset, cols, rows }) => heard.push(`${offset} at ${cols}x${rows}`),
  });
  const snapshot = (offset: number, text: string) =>
    window.takeSnapshot({ offset, cols: 80, rows: 24, text: Buffer.from(text) });
  snapshot(100, "screen");
  window.receive(100, Buffer.from("1234"));
  window.resized({ offset: 104, cols: 90, rows: 30 });
  snapshot(102, "later");
  expect([window.start, window.snapshot?.offset]).toEqual([100, 102]);
  window.receive(104, Buffer.from("567890"));
  expect([window.start, window.snapshot?.offset]).toEqual([102, 102]);
  window.receive(110, Buffer.from("x"));
  expect([window.start, window.snapshot]).toEqual([103, undefined]);
  expect(window.sizesSince(103)).toEqual([{ offset: 104, cols: 90, rows: 30 }]);
  expect(heard).toEqual(["100 is screen", "100: 1234", "104 at 90x30", "102 is later", "104: 567890", "110: x"]);
});
