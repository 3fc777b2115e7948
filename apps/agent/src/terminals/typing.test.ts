import { expect, test } from "vitest";
import { Typist, typedLine } from "./typing.ts";

/** A typist whose clock is moved by hand; `keys` holds what was typed, and when. */
function testTypist() {
  let now = 0;
  const timers: { due: number; callback: () => void }[] = [];
  const keys: [number, string][] = [];
  const state = { isIdle: true };
  const typist = new Typist(
    (bytes) => keys.push([now, Buffer.from(bytes).toString()]),
    () => state.isIdle,
    {
      now: () => now,
      after(ms, callback) {
        const timer = { due: now + ms, callback };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
    },
  );
  const advanceTo = (ms: number) => {
    for (;;) {
      const next = timers.filter(({ due }) => due <= ms).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      timers.splice(timers.indexOf(next), 1);
      now = next.due;
      next.callback();
    }
    now = ms;
  };
  return { typist, keys, state, advanceTo };
}

test("a line is literal: no control characters, no line ends, at most 4000 bytes, no half character", () => {
  expect(typedLine("  a\r\nb\tc\x1b[31m\x03 d\u0085e ")).toBe("a b c [31m d e");
  expect(typedLine('$(rm -rf /) `x` "y"')).toBe('$(rm -rf /) `x` "y"');
  expect(typedLine("€".repeat(2000))).toBe("€".repeat(1333));
});

test("Enter comes on its own, and the next line waits for the agent to react", () => {
  const { typist, keys, advanceTo } = testTypist();
  typist.add({ text: "one", urgent: false });
  typist.add({ text: "two", urgent: false });
  advanceTo(3000);
  expect(keys).toEqual([
    [0, "one"],
    [60, "\r"],
    [1060, "two"],
    [1120, "\r"],
  ]);
});

test("an ordinary line waits for the prompt; the same line is not queued twice", () => {
  const { typist, keys, state, advanceTo } = testTypist();
  state.isIdle = false;
  typist.add({ text: "one", urgent: false });
  typist.add({ text: "one", urgent: false });
  typist.proceed();
  advanceTo(5000);
  expect(keys).toEqual([]);
  state.isIdle = true;
  typist.proceed();
  advanceTo(9000);
  expect(keys.map(([, text]) => text)).toEqual(["one", "\r"]);
});

test("an urgent line interrupts: Esc, two seconds, the line; it goes before ordinary ones", () => {
  const { typist, keys, state, advanceTo } = testTypist();
  state.isIdle = false;
  typist.add({ text: "later", urgent: false });
  typist.add({ text: "stop", urgent: true });
  advanceTo(2500);
  expect(keys).toEqual([
    [0, "\x1b"],
    [2000, "stop"],
    [2060, "\r"],
  ]);
});

test("a queue that nobody empties is bounded", () => {
  const { typist, state } = testTypist();
  state.isIdle = false;
  const taken = Array.from({ length: 120 }, (_, n) => typist.add({ text: String(n), urgent: false }));
  expect(taken.filter(Boolean)).toHaveLength(100);
});
