import { expect, test } from "vitest";
import type { AgentStatus } from "../agents/agent.ts";
import { Typist, typedLine } from "./typing.ts";

/** A typist whose clock is moved by hand; `keys` holds what was typed, and when. Its terminal shows what is typed. */
function testTypist({ shows = true } = {}) {
  let now = 0;
  const timers: { due: number; callback: () => void }[] = [];
  const keys: [number, string][] = [];
  const done: [number, string, string | undefined][] = [];
  const state = { status: "idle" as AgentStatus, cursorLine: "> ", takes: true };
  const typist = new Typist({
    input(bytes) {
      const typed = Buffer.from(bytes).toString();
      keys.push([now, typed]);
      if (typed === "\r" && state.takes) state.cursorLine = "> ";
      else if (!typed.startsWith("\x1b") && typed !== "\r" && shows) state.cursorLine += typed;
    },
    status: () => state.status,
    cursorLine: () => state.cursorLine,
    clock: {
      now: () => now,
      after(ms, callback) {
        const timer = { due: now + ms, callback };
        timers.push(timer);
        return () => {
          const at = timers.indexOf(timer);
          if (at >= 0) timers.splice(at, 1);
        };
      },
    },
  });
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
  const add = (text: string, urgent = false) =>
    typist.add({ text, urgent, onDone: (failure) => done.push([now, text, failure]) });
  return { typist, keys, done, state, advanceTo, add };
}

test("a line is literal: no control characters, no line ends, at most 4000 bytes, no half character", () => {
  expect(typedLine("  a\r\nb\tc\x1b[31m\x03 d\u0085e ")).toBe("a b c [31m d e");
  expect(typedLine('$(rm -rf /) `x` "y"')).toBe('$(rm -rf /) `x` "y"');
  expect(typedLine("€".repeat(2000))).toBe("€".repeat(1333));
});

test("Enter comes on its own, and the next line waits for the agent to react", () => {
  const { keys, done, add, advanceTo } = testTypist();
  add("one");
  add("two");
  advanceTo(3000);
  expect(keys).toEqual([
    [0, "one"],
    [60, "\r"],
    [1060, "two"],
    [1120, "\r"],
  ]);
  expect(done).toEqual([
    [60, "one", undefined],
    [1120, "two", undefined],
  ]);
});

test("Enter waits until what was typed is shown, but no longer than a second", () => {
  const late = testTypist({ shows: false });
  late.add("one");
  late.advanceTo(500);
  late.state.cursorLine = "> one";
  late.typist.proceed();
  expect(late.keys).toEqual([
    [0, "one"],
    [500, "\r"],
  ]);
  const never = testTypist({ shows: false });
  never.add("one");
  never.advanceTo(2000);
  expect(never.keys.at(-1)).toEqual([1060, "\r"]);
});

test("a line that is not taken is entered once more, then it has failed; the next is tried all the same", () => {
  const { keys, done, state, add, advanceTo } = testTypist();
  state.takes = false;
  add("one");
  add("two");
  advanceTo(11_000);
  expect(keys).toEqual([
    [0, "one"],
    [60, "\r"],
    [5060, "\r"],
  ]);
  expect(done).toEqual([[10_060, "one", "the agent did not take what was typed"]]);
  advanceTo(11_500);
  expect(keys.at(3)).toEqual([11_060, "two"]);
});

test("an agent that leaves its prompt has taken the line, whatever its screen shows", () => {
  const { done, state, typist, add, advanceTo } = testTypist();
  state.takes = false;
  add("one");
  advanceTo(700);
  expect(done).toEqual([]);
  state.status = "working";
  typist.proceed();
  expect(done).toEqual([[700, "one", undefined]]);
});

test("of an agent that nobody can see into Enter is enough", () => {
  const { done, state, add, advanceTo } = testTypist({ shows: false });
  state.status = "unknown";
  add("one", true);
  advanceTo(2060);
  expect(done).toEqual([[2060, "one", undefined]]);
});

test("text that a killed daemon left at the prompt is only entered", () => {
  const { keys, state, add, advanceTo } = testTypist();
  const line = 'A task is waiting for you: run "orchestratia task check" and follow it.';
  state.cursorLine = `> ${line}`;
  add(line);
  advanceTo(500);
  expect(keys).toEqual([[60, "\r"]]);
});

test("an ordinary line waits for the prompt", () => {
  const { typist, keys, state, add, advanceTo } = testTypist();
  state.status = "working";
  add("one");
  typist.proceed();
  advanceTo(5000);
  expect(keys).toEqual([]);
  state.status = "idle";
  typist.proceed();
  advanceTo(9000);
  expect(keys.map(([, text]) => text)).toEqual(["one", "\r"]);
});

test("an urgent line interrupts: Esc, two seconds, the line; it goes before ordinary ones", () => {
  const { keys, state, add, advanceTo } = testTypist();
  state.status = "working";
  add("later");
  add("stop", true);
  advanceTo(2500);
  expect(keys).toEqual([
    [0, "\x1b"],
    [2000, "stop"],
    [2060, "\r"],
  ]);
});

test("nothing is typed while the agent waits for a person, who would seem to have answered", () => {
  const { keys, state, typist, add, advanceTo } = testTypist();
  state.status = "waiting";
  add("later");
  add("stop", true);
  advanceTo(60_000);
  expect(keys).toEqual([]);
  state.status = "working";
  typist.proceed();
  expect(keys).toEqual([[60_000, "\x1b"]]);
});

test("a queue that nobody empties is bounded", () => {
  const { state, add } = testTypist();
  state.status = "working";
  const taken = Array.from({ length: 120 }, (_, n) => add(String(n)));
  expect(taken.filter(Boolean)).toHaveLength(100);
});

test("an end fails what was not taken, once", () => {
  const { typist, done, add, advanceTo } = testTypist();
  add("taken");
  advanceTo(100);
  add("queued");
  typist.end("the session has ended");
  advanceTo(60_000);
  expect(done).toEqual([
    [60, "taken", undefined],
    [100, "queued", "the session has ended"],
  ]);
  const midst = testTypist();
  midst.add("half");
  midst.typist.end("the session has ended");
  midst.advanceTo(60_000);
  expect(midst.done).toEqual([[0, "half", "the session has ended"]]);
});
