import { expect, test } from "vitest";
import { Emulator } from "./emulator.ts";
import { Ring } from "./ring.ts";
import { Screen } from "./screen.ts";

const size = { cols: 80, rows: 24 };
const line = (n: number) => `\x1b[3${n % 8}mline ${n}\x1b[0m of a log that goes on and on\r\n`;

/** A screen whose ring is filled as a holder fills it: never further than it can follow. */
async function flooded(chunks: Iterable<string | { cols: number; rows: number }>) {
  const ring = new Ring(4 * 1024 * 1024);
  const screen = new Screen(ring, size, () => {});
  for (const chunk of chunks) {
    if (typeof chunk !== "string") {
      screen.resize(chunk.cols, chunk.rows);
      continue;
    }
    ring.append(Buffer.from(chunk));
    screen.ringGrew();
    while (screen.lag > 2 * 1024 * 1024) await new Promise(setImmediate);
  }
  return { ring, screen };
}

async function painted(chunks: Iterable<string | { cols: number; rows: number }>): Promise<string> {
  using whole = new Emulator(size, 2000);
  for (const chunk of chunks) {
    if (typeof chunk === "string") await whole.write(Buffer.from(chunk));
    else whole.resize(chunk);
  }
  return whole.serialize(1000);
}

function* log(lines: number, from = 0): Generator<string> {
  for (let n = from; n < from + lines; n += 500) {
    yield Array.from({ length: 500 }, (_, k) => line(n + k)).join("");
  }
}

test("behind a flood the screen is what it would be had every byte been read, sizes in their places", async () => {
  const chunks = [
    ...log(60_000),
    { cols: 100, rows: 30 },
    ...log(30_000, 60_000),
    "\x1b[?1049h\x1b[5;5Hfull screen",
    ...log(30_000, 90_000),
    "\x1b[?1049l back",
    ...log(40_000, 120_000),
    "\x1b[2;10r",
    ...log(20_000, 160_000),
    { cols: 60, rows: 20 },
    "$ ",
  ];
  const { ring, screen } = await flooded(chunks);
  using _ = screen;
  const snapshot = await screen.snapshot();
  expect(snapshot.text.toString()).toBe(await painted(chunks));
  expect([snapshot.offset, snapshot.size]).toEqual([ring.end, { cols: 60, rows: 20 }]);
  expect(screen.promptLine()).toBe("$ ");
});

test("who asks in the midst of a flood gets a screen of then, and the lines of before while it is passed over", async () => {
  const { ring, screen } = await flooded(["$ make\r\n", "warming up"]);
  using _ = screen;
  await screen.lines();
  for (const chunk of log(30_000)) {
    ring.append(Buffer.from(chunk));
    screen.ringGrew();
    expect(screen.cursorLine()).toBe("warming up");
  }
  const asked = ring.end;
  const answer = screen.snapshot();
  ring.append(Buffer.from("later\r\n"));
  screen.ringGrew();
  const { offset, text } = await answer;
  expect(offset).toBeGreaterThanOrEqual(asked);
  expect(text.toString()).toContain("line 29999");
});

test("a screen that stands still is painted once, and anew when something came or its size changed", async () => {
  const { ring, screen } = await flooded(["one"]);
  using _ = screen;
  const first = await screen.snapshot();
  expect(await screen.snapshot()).toBe(first);
  ring.append(Buffer.from("two"));
  screen.ringGrew();
  expect((await screen.snapshot()).text.toString()).toBe("onetwo");
  screen.resize(90, 30);
  expect((await screen.snapshot()).size).toEqual({ cols: 90, rows: 30 });
});

test("a screen whose ring has moved on goes on with what is there", async () => {
  const ring = new Ring(1024 * 1024);
  using screen = new Screen(ring, size, () => {});
  const moved = `\x1b[5;5Hmoved\x1b[7;7H`.repeat(80_000);
  for (let n = 0; n < 3; n += 1) {
    ring.append(Buffer.from(moved));
    screen.ringGrew();
    await new Promise(setImmediate);
    ring.append(Buffer.from(moved));
    screen.ringGrew();
  }
  ring.append(Buffer.from("\x1b[2J\x1b[Hthe end"));
  screen.ringGrew();
  expect(await screen.lines()).toEqual(["the end"]);
});
