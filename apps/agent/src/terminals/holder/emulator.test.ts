import { expect, test } from "vitest";
import { Emulator } from "./emulator.ts";
import { skipPlain } from "./plain-output.ts";

const size = { cols: 20, rows: 5 };
const scrollback = 12;

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const plainPieces = [
  "a line of text\r\n",
  "words that go on behind the last column and wrap there\r\n",
  "\r\n",
  "\x1b[31mred\x1b[0m\r\n",
  "\x1b[1;4;38;2;1;2;3;48;5;200m coloured and left so",
  "\x1b[4:3m\x1b[58:5:9mcurly",
  "\x1b[m",
  "\x1b[7m\r\n\x1b[K",
  "\tover\rdrawn\x1b[1K\x1b[2K",
  "漢字 🙂 e\u0301\r\n",
  "\x07",
  "no carriage return\n",
];
const otherPieces = [
  "\x1b[2;4r",
  "\x1b[r",
  "\x1b[?1049h",
  "\x1b[?1049l",
  "\x1b[?6h",
  "\x1b[?6l",
  "\x1b[?7l",
  "\x1b[?7h",
  "\x1b[4h",
  "\x1b[4l",
  "\x1b[?25l",
  "\x1b[2J",
  "\x1b[3A",
  "\x1b[2;3H",
  "\x1b7",
  "\x1b8",
  "\x1bM",
  "\x1b[3L",
  "\x1b[2M",
  "\x1b]8;;https://example.com\x07",
  "\x1b]8;;\x07",
  "\x1b]0;a title that is \r\n cut",
  "\x07",
  "\x1b(0",
  "\x0e",
  "\x0f",
  "\x1b(B",
  "\x1b[5",
  "\x1b",
  "\x1b[20h",
  "\x1b[20l",
  "\x1b[?45h",
  "\b\b\b",
  "\x0b",
  "\u009b31m",
  "\u0084",
  "\x1b[b",
  "\x1bc",
];

/** Mostly plain, with some of everything in between, and now and then a byte that is no character. */
function randomStream(roll: (sides: number) => number): Buffer {
  const pieces: Buffer[] = [];
  for (let n = 0; n < 6; n += 1) {
    for (let count = roll(4); count > 0; count -= 1)
      pieces.push(Buffer.from(otherPieces[roll(otherPieces.length)] ?? ""));
    if (roll(6) === 0) pieces.push(Buffer.from([0x80 + roll(128)]));
    for (let count = roll(150); count > 0; count -= 1) {
      pieces.push(Buffer.from(plainPieces[roll(plainPieces.length)] ?? ""));
    }
  }
  return Buffer.concat(pieces);
}

/** All that can be seen of a terminal, now and by what would be printed next. */
async function everythingOf(emulator: Emulator) {
  const { terminal } = emulator;
  const linesOf = () => {
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => {
      const line = active.getLine(y);
      const cells = Array.from({ length: size.cols }, (_, x) => {
        const cell = line?.getCell(x);
        return cell && [cell.getChars(), cell.getWidth(), cell.getFgColor(), cell.getBgColor(), cell.isBold()].join();
      });
      return { isWrapped: line?.isWrapped, cells };
    });
    const { type, baseY, cursorX, cursorY } = active;
    return { type, baseY, cursorX, cursorY, lines };
  };
  const before = { ...linesOf(), text: emulator.serialize(scrollback), modes: { ...terminal.modes } };
  await emulator.write(Buffer.from("\x1b[3Xnext\x1b8and\x1b[?1049lother\r\n"));
  return { before, after: linesOf(), text: emulator.serialize(scrollback) };
}

async function skip(emulator: Emulator, bytes: Buffer): Promise<number> {
  const found = emulator.skippable(bytes);
  if (found) await emulator.write(found.instead);
  return found?.length ?? 0;
}

async function skippedIn(stream: Buffer, roll: (sides: number) => number, emulator: Emulator): Promise<number> {
  let skipped = 0;
  for (let at = 0; at < stream.length; ) {
    // What came, some of which may be passed over, and of the rest some is read before more comes.
    const here = stream.subarray(at, at + 1 + roll(4_000));
    const length = await skip(emulator, here);
    const read = here.subarray(length, length === 0 ? 1 + roll(here.length) : here.length);
    await emulator.write(read);
    skipped += length;
    at += length + read.length;
  }
  return skipped;
}

test("a terminal that passes over plain output ends up as one that read it all, whatever came before and after", async () => {
  let skipped = 0;
  for (let seed = 1; seed <= 120; seed += 1) {
    const roll = dice(seed);
    const stream = randomStream(roll);
    using whole = new Emulator(size, scrollback);
    using quick = new Emulator(size, scrollback);
    await whole.write(stream);
    skipped += await skippedIn(stream, roll, quick);
    expect(await everythingOf(quick), `seed ${seed}`).toEqual(await everythingOf(whole));
  }
  // Otherwise nothing was shown.
  expect(skipped).toBeGreaterThan(50_000);
});

const lines = (length: number, count: number) => `${"x".repeat(length)}\r\n`.repeat(count);

test.each([
  ["in a title", "\x1b]0;", 0],
  ["in a sequence", "\x1b[1;3", 0],
  ["in a character", "\xe6\xbc", 700],
  ["below lines that scroll", "\x1b[1;3r\x1b[5;1H", 0],
  ["above lines that stay", "\x1b[5;1Hstays\x1b[1;4r\x1b[1;1H", 0],
  ["in a link", "\x1b]8;;https://example.com\x07", 700],
  ["on the other screen", "\x1b[?1049h", 700],
  ["where characters are inserted", "\x1b[4h\x1b7", 700],
])("output that comes %s is passed over only where that leaves no trace", async (_, before, least) => {
  using whole = new Emulator(size, scrollback);
  using quick = new Emulator(size, scrollback);
  const flood = Buffer.from(`r\r\n${lines(9, 100)}${lines(3, 50)}`);
  for (const emulator of [whole, quick]) await emulator.write(Buffer.from(`${lines(15, 30)}${before}`, "latin1"));
  await whole.write(flood);
  const skipped = await skip(quick, flood);
  await quick.write(flood.subarray(skipped));
  expect(skipped).toBeGreaterThanOrEqual(least);
  expect(await everythingOf(quick)).toEqual(await everythingOf(whole));
});

test("plain output is skipped up to the last lines, which are kept with their colours", () => {
  const line = "\x1b[32mgreen\x1b[0m and \x1b[1;31mred\r\n";
  const skip = skipPlain(Buffer.from(line.repeat(100)), 30);
  expect(skip).toEqual({ length: line.length * 70, instead: Buffer.from("\r\x1b[0m\x1b[1;31m") });
});

test("nothing is skipped of what has too few lines, or is not plain at its beginning", () => {
  const lines = "text\r\n".repeat(100);
  expect(skipPlain(Buffer.from(lines), 100)).toBeUndefined();
  expect(skipPlain(Buffer.from("text\n".repeat(200)), 100)).toBeUndefined();
  for (const other of ["\x1b[H", "\x1bM", "\b", "\x0e", "\x1b]0;title\x07", "\u0085", "\x9b"]) {
    expect(skipPlain(Buffer.concat([Buffer.from(other, "latin1"), Buffer.from(lines)]), 10), other).toBeUndefined();
  }
});

test("what is behind something else than plain output is not counted", () => {
  const lines = "text\r\n".repeat(100);
  expect(skipPlain(Buffer.from(`${lines}\x1b[H${lines}`), 40)?.length).toBe(60 * 6);
});
