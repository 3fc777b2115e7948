import { expect, test } from "vitest";
import { CastPlayer } from "./cast-player.ts";
import { clockTime, nextPosition } from "./next-position.ts";

type Line = [at: number, code: string, data: string];

/** A player of a recording in memory, on a screen that remembers what it was told. */
function openPlayer(lines: Line[], ends = lines.at(-1)?.[0] ?? 0, at?: number) {
  const asked: number[] = [];
  const drawn: string[] = [];
  const player = new CastPlayer({
    begins: 0,
    ends,
    at,
    async open(from) {
      asked.push(from);
      const header = JSON.stringify({ version: 2, width: 80, height: 24 });
      const events = lines.map(([at, code, data]) => JSON.stringify([Math.max(0, at - from), code, data]));
      const bytes = new TextEncoder().encode(`${[header, ...events].join("\n")}\n`);
      return new ReadableStream({
        start(controller) {
          // Cut anywhere, as a network does.
          const step = bytes.length > 10_000 ? 65_537 : 7;
          for (let at = 0; at < bytes.length; at += step) controller.enqueue(bytes.slice(at, at + step));
          controller.close();
        },
      });
    },
  });
  const stop = player.show({
    write(bytes, done) {
      drawn.push(new TextDecoder().decode(bytes));
      done();
    },
    clear: () => drawn.push("<clear>"),
    setSize: (cols, rows) => drawn.push(`<${cols}x${rows}>`),
  });
  const loaded = async () => {
    while (player.state.isLoading) await new Promise((resolve) => setImmediate(resolve));
  };
  const shown = () => drawn.slice(drawn.lastIndexOf("<clear>") + 1).join("");
  return { player, asked, drawn, stop, loaded, shown };
}

const lines: Line[] = [
  [0.5, "o", "é☕ "],
  [1, "m", "driver: ada"],
  [2, "o", "two "],
  [3, "r", "100x30"],
  [20, "o", "late "],
  [21, "m", "driver: nobody"],
  [22, "o", "end"],
];

test("what is due is drawn, in order, as time goes by, and it stops at the end", async () => {
  const { player, loaded, shown } = openPlayer(lines);
  await loaded();
  expect(shown()).toBe("<80x24>");
  player.tick(5);
  expect(shown()).toBe("<80x24>");
  player.play();
  player.tick(1);
  expect(shown()).toBe("<80x24>é☕ ");
  expect(player.state).toMatchObject({ driver: "ada", position: 1 });
  player.set({ speed: 8, skipsPauses: false });
  player.tick(0.5);
  expect(player.state.position).toBe(5);
  expect(shown()).toBe("<80x24>é☕ two <100x30>");
  player.tick(10);
  expect(shown()).toBe("<80x24>é☕ two <100x30>late end");
  expect(player.state).toMatchObject({ position: 22, isPlaying: false, driver: null });
  player.play();
  expect(player.state.position).toBe(0);
  expect(shown()).toBe("<80x24>");
});

test("a jump ahead in what is loaded draws what is between; one back draws from the beginning; nothing is asked anew", async () => {
  const { player, loaded, shown, asked } = openPlayer(lines);
  await loaded();
  player.seek(21);
  expect(shown()).toBe("<80x24>é☕ two <100x30>late ");
  player.seek(2);
  expect(shown()).toBe("<80x24>é☕ two ");
  player.seek(1000);
  expect(player.state.position).toBe(22);
  expect(asked).toEqual([0]);
});

test("far ahead of what is loaded the hub is asked from there", async () => {
  const flood: Line[] = Array.from({ length: 100 }, (_, at) => [at, "o", "x".repeat(200_000)]);
  const { player, loaded, asked } = openPlayer(flood);
  await loaded();
  expect(player.state.isLoading).toBe(false);
  player.seek(90);
  await loaded();
  expect(asked).toEqual([0, 90]);
  expect(player.state.position).toBe(90);
});

test("a hub that does not answer is a problem, and playing stops", async () => {
  const player = new CastPlayer({ begins: 0, ends: 1, open: () => Promise.reject(new Error("gone")) });
  player.play();
  player.show({ write: () => {}, clear: () => {}, setSize: () => {} });
  while (player.state.isLoading) await new Promise((resolve) => setImmediate(resolve));
  expect(player.state).toMatchObject({ isPlaying: false, problem: new Error("gone") });
});

test.each([
  ["a short pause is waited through", { position: 1, seconds: 1, lastAt: 1, nextAt: 3, skipsPauses: true }, 2],
  ["of a long one two seconds are", { position: 2, seconds: 0.5, lastAt: 1, nextAt: 60, skipsPauses: true }, 2.5],
  ["and then the next event comes", { position: 2.9, seconds: 0.1, lastAt: 1, nextAt: 60, skipsPauses: true }, 60],
  ["unless it is to be seen", { position: 9, seconds: 0.1, lastAt: 1, nextAt: 60, skipsPauses: false }, 9.1],
  [
    "behind the last there is nothing to skip to",
    { position: 9, seconds: 1, lastAt: 1, nextAt: undefined, skipsPauses: true },
    10,
  ],
])("%s", (_, given, position) => {
  expect(nextPosition(given)).toBeCloseTo(position);
});

test.each([
  [0, "0:00"],
  [61.9, "1:01"],
  [3725, "1:02:05"],
])("%d seconds are %s", (seconds, text) => {
  expect(clockTime(seconds)).toBe(text);
});

test("it may be opened at any time, and no time is before its beginning or behind its end", async () => {
  const { player, asked, loaded, shown } = openPlayer(lines, 22, 20.5);
  await loaded();
  expect(asked).toEqual([20.5]);
  expect(player.state.position).toBe(20.5);
  expect(shown()).toBe("<80x24>é☕ two <100x30>late ");
  expect(openPlayer(lines, 22, 1e6).player.state.position).toBe(22);
  expect(openPlayer(lines, 22, -1).player.state.position).toBe(0);
});
