import { setImmediate as breath } from "node:timers/promises";
import { expect, test } from "vitest";
import { testClock } from "../testing/test-clock.ts";
import { Silence } from "./silence.ts";

/** `printed` is changed by the test; `reached` holds after how long it was silent. */
function testSilence(printedAgoMs?: number) {
  const clock = testClock();
  const begun = clock.now();
  const reached: number[] = [];
  const state = { end: 100 };
  const silence = new Silence({
    end: async () => state.end,
    printedAgoMs: () => printedAgoMs,
    clock,
    onReached: () => void (silence.isNow() && reached.push(clock.now() - begun)),
  });
  return {
    state,
    silence,
    reached,
    async passes(ms: number) {
      for (let left = ms; left > 0; left -= 500) {
        await breath();
        clock.advance(Math.min(left, 500));
        await breath();
      }
    },
  };
}

test("it is silent five seconds behind the last byte", async () => {
  const { silence, state, reached, passes } = testSilence();
  expect(silence.isNow()).toBe(false);
  await passes(3000);
  state.end = 200;
  await passes(5500);
  expect(reached).toEqual([]);
  await passes(1000);
  // Seen when it was looked at a second later.
  expect(reached).toEqual([9000]);
  expect(silence.isNow()).toBe(false);
});

test("what was silent before somebody asked is silent at once", async () => {
  const { silence, reached, passes } = testSilence(7000);
  expect(silence.isNow()).toBe(false);
  await passes(1);
  expect(reached).toEqual([0]);
});

test("what never is silent is taken for it after a minute, unless somebody stopped asking in between", async () => {
  const clockInStatusLine = testSilence();
  clockInStatusLine.silence.isNow();
  for (let second = 0; second < 61; second += 1) {
    clockInStatusLine.state.end += 1;
    await clockInStatusLine.passes(1000);
  }
  expect(clockInStatusLine.reached).toEqual([60_000]);
  const interrupted = testSilence();
  interrupted.silence.isNow();
  for (let second = 0; second < 61; second += 1) {
    interrupted.state.end += 1;
    await interrupted.passes(1000);
    if (second !== 30) continue;
    interrupted.silence.stop();
    interrupted.silence.isNow();
  }
  expect(interrupted.reached).toEqual([]);
});
