import { expect, test } from "vitest";
import type { AgentStatus } from "../agents/agent.ts";
import { Typist, typedLine } from "./typing.ts";

/**
 * A typist whose clock is moved by hand; `keys` holds what was typed, and when. Its terminal shows what is typed. Timers
 * may come a little early, as Node's do.
 */
function testTypist({ shows = true, earlyMs = 0 } = {}) {
  let now = 0;
  const timers: { due: number; callback: () => void }[] = [];
  const keys: [number, string][] = [];
  const done: [number, string, string | undefined][] = [];
  const state = { status: "idle" as AgentStatus, cursorLine: "> ", takes: true, clears: true };
  const typist = new Typist({
    input(bytes) {
      const typed = Buffer.from(bytes).toString();
      keys.push([now, typed]);
      if (typed === "\r" && state.takes) state.cursorLine = "> ";
      else if (typed === "\x15") state.cursorLine = state.clears ? "> " : state.cursorLine;
      else if (!typed.startsWith("\x1b") && typed !== "\r" && shows) state.cursorLine += typed;
    },
    status: () => state.status,
    cursorLine: () => state.cursorLine,
    clock: {
      now: () => now,
      after(ms, callback) {
        const timer = { due: now + ms - earlyMs, callback };
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

test("a timer that comes a little early lets nothing wait for ever behind a person", () => {
  const { typist, keys, add, advanceTo } = testTypist({ earlyMs: 0.5 });
  typist.personTyped(Buffer.from("half a line\r"));
  add("one");
  advanceTo(6000);
  expect(keys[0]).toEqual([4999.5, "one"]);
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

test("a line that is not taken is entered once more, then cleared and failed; the next is tried all the same", () => {
  const { keys, done, state, add, advanceTo } = testTypist();
  state.takes = false;
  add("one");
  add("two");
  advanceTo(11_000);
  expect(keys).toEqual([
    [0, "one"],
    [60, "\r"],
    [5060, "\r"],
    [10_060, "\x15"],
  ]);
  expect(done).toEqual([[10_060, "one", "the agent did not take what was typed"]]);
  advanceTo(11_500);
  expect(keys.at(4)).toEqual([11_060, "two"]);
  expect(state.cursorLine).toBe("> two");
});

test("a line that cannot be cleared has failed all the same; one is not cleared where that would answer a question", () => {
  const stubborn = testTypist();
  Object.assign(stubborn.state, { takes: false, clears: false });
  stubborn.add("one");
  stubborn.advanceTo(12_000);
  expect(stubborn.done).toEqual([[11_060, "one", "the agent did not take what was typed"]]);
  const asked = testTypist();
  Object.assign(asked.state, { takes: false, status: "working" });
  asked.add("one", true);
  asked.advanceTo(10_000);
  asked.state.status = "waiting";
  asked.advanceTo(13_000);
  expect(asked.done).toEqual([[12_060, "one", "the agent did not take what was typed"]]);
  expect(asked.keys.map(([, typed]) => typed)).toEqual(["\x1b", "one", "\r", "\r"]);
});

test("nothing ordinary is typed within five seconds of a person's key, nor behind what that person has begun", () => {
  const { typist, keys, state, add, advanceTo } = testTypist();
  typist.personTyped(Buffer.from("fix"));
  state.cursorLine = "> fix";
  add("one");
  advanceTo(60_000);
  expect(keys).toEqual([]);
  expect(typist.waitsFor()).toBe("somebody is typing");
  typist.personTyped(Buffer.from(" it\r"));
  state.cursorLine = "> ";
  typist.proceed();
  advanceTo(64_999);
  expect(keys).toEqual([]);
  advanceTo(65_100);
  expect(keys).toEqual([
    [65_000, "one"],
    [65_060, "\r"],
  ]);
});

test("what is urgent takes the place of what a person has begun", () => {
  const { typist, keys, state, add, advanceTo } = testTypist();
  state.status = "working";
  typist.personTyped(Buffer.from("fix"));
  state.cursorLine = "> fix";
  add("stop", true);
  advanceTo(2100);
  expect(keys).toEqual([
    [0, "\x1b"],
    [2000, "\x15"],
    [2000, "stop"],
    [2060, "\r"],
  ]);
});

test("the rest of a line that an earlier daemon typed is entered where it stands, whatever the prompt looks like", () => {
  const { typist, keys, state, add, advanceTo } = testTypist();
  Object.assign(state, { cursorLine: "> do this", status: "working" });
  add("other");
  typist.add({ text: "do this", urgent: false, isRest: true });
  advanceTo(500);
  expect(keys).toEqual([[0, "\r"]]);
  state.status = "waiting";
  state.cursorLine = "> and this";
  typist.add({ text: "and this", urgent: false, isRest: true });
  advanceTo(60_000);
  expect(keys).toHaveLength(1);
});

test("what is urgent does not stand behind the rest of another line, which is told to be gone then", () => {
  const { typist, keys, state, add, advanceTo } = testTypist();
  const told: string[] = [];
  Object.assign(state, { cursorLine: "> do this", status: "working" });
  // Somebody scrolls: nothing but what is urgent is typed now.
  typist.personTyped(Buffer.from("\x1b[A"));
  typist.add({ text: "do this", urgent: false, isRest: true, onRestGone: () => told.push("gone") });
  add("stop", true);
  advanceTo(3000);
  expect(keys.map(([, typed]) => typed)).toEqual(["\x1b", "\x15", "stop", "\r"]);
  expect(told).toEqual([]);
  state.status = "idle";
  advanceTo(5000);
  expect(told).toEqual(["gone"]);
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

test("an agent that begins to wait for a person after it was interrupted is typed nothing until that is over", () => {
  const { keys, done, state, typist, add, advanceTo } = testTypist();
  state.status = "working";
  add("stop", true);
  advanceTo(1000);
  state.status = "waiting";
  typist.proceed();
  advanceTo(60_000);
  expect(keys).toEqual([[0, "\x1b"]]);
  expect(done).toEqual([]);
  state.status = "working";
  typist.proceed();
  advanceTo(63_000);
  expect(keys.slice(1)).toEqual([
    [60_000, "\x1b"],
    [62_000, "stop"],
    [62_060, "\r"],
  ]);
  expect(done).toEqual([[62_060, "stop", undefined]]);
});

test("Enter is not pressed behind a line while the agent waits for a person; what stands is entered afterwards, what is gone typed again", () => {
  const { keys, done, state, typist, add, advanceTo } = testTypist();
  add("one");
  state.status = "waiting";
  advanceTo(60_000);
  expect(keys).toEqual([[0, "one"]]);
  state.status = "idle";
  typist.proceed();
  advanceTo(61_500);
  expect(keys.slice(1)).toEqual([[60_000, "\r"]]);
  add("two");
  Object.assign(state, { status: "waiting", cursorLine: "Allow this? " });
  advanceTo(120_000);
  Object.assign(state, { status: "idle", cursorLine: "> " });
  typist.proceed();
  advanceTo(122_000);
  expect(keys.slice(2)).toEqual([
    [61_500, "two"],
    [120_000, "two"],
    [120_060, "\r"],
  ]);
  expect(done.map(([, text, failure]) => [text, failure])).toEqual([
    ["one", undefined],
    ["two", undefined],
  ]);
});

test("Enter is not pressed once more while the agent waits for a person", () => {
  const { keys, done, state, typist, add, advanceTo } = testTypist();
  Object.assign(state, { status: "working", takes: false });
  add("stop", true);
  advanceTo(3000);
  state.status = "waiting";
  advanceTo(60_000);
  expect(keys.map(([, typed]) => typed)).toEqual(["\x1b", "stop", "\r"]);
  expect(done).toEqual([]);
  Object.assign(state, { status: "idle", cursorLine: "> " });
  typist.proceed();
  expect(done).toEqual([[60_000, "stop", undefined]]);
  expect(keys).toHaveLength(3);
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
