import { expect, test } from "vitest";
import { type Attempt, SignInAttempts } from "./sign-in-attempts.ts";

function open() {
  let now = 0;
  const attempts = new SignInAttempts(() => now);
  /** Seconds to wait; 0 when the attempt was let pass, and failed. */
  const fail = (attempt: Partial<Attempt>): number => {
    try {
      attempts.begin({ address: "192.0.2.1", email: "ada@example.org", isKnown: false, ...attempt });
      return 0;
    } catch (error) {
      return (error as { members: { retry_after: number } }).members.retry_after;
    }
  };
  return { attempts, fail, pass: (ms: number) => (now += ms) };
}

const times = (n: number, call: (n: number) => number) => Array.from({ length: n }, (_, index) => call(index));
const FREE_FIVE = [0, 0, 0, 0, 0];

test("after five failures each further one costs a pause, doubling from 10 s to 10 min", () => {
  const { fail, pass } = open();
  expect(times(6, () => fail({}))).toEqual([...FREE_FIVE, 10]);
  const pauses = times(9, () => {
    const seconds = fail({});
    pass(seconds * 1000);
    expect(fail({})).toBe(0);
    return seconds;
  });
  expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
});

test("an attempt during a pause does not make it longer, and half an hour of quiet forgets all", () => {
  const { fail, pass } = open();
  times(5, () => fail({}));
  pass(9_000);
  expect(fail({})).toBe(1);
  pass(1_000);
  expect(fail({})).toBe(0);
  pass(30 * 60_000);
  expect(times(6, () => fail({}))).toEqual([...FREE_FIVE, 10]);
});

test("a success forgets what failed before it", () => {
  const { attempts, fail } = open();
  times(4, () => fail({}));
  attempts.begin({ address: "192.0.2.1", email: "ada@example.org", isKnown: false });
  attempts.succeeded({ address: "192.0.2.1", email: "ada@example.org", isKnown: false });
  expect(times(6, () => fail({}))).toEqual([...FREE_FIVE, 10]);
});

test("who guesses one password from many addresses is held back, a minute at most, and where Ada signed in before she still can", () => {
  const { fail, pass } = open();
  expect(times(50, (n) => fail({ address: `198.51.100.${n}` }))).toEqual(Array(50).fill(0));
  const pauses = times(8, (n) => {
    const seconds = fail({ address: `203.0.113.${n}` });
    pass(seconds * 1000);
    expect(fail({ address: `203.0.113.${n}` })).toBe(0);
    return seconds;
  });
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(fail({ address: "192.0.2.1" })).toBe(60);
  expect(fail({ address: "192.0.2.1", isKnown: true })).toBe(0);
  expect(fail({ address: "192.0.2.1", email: "bob@example.org" })).toBe(0);
});

test("who tries many accounts from one address is held back, and others at that address who signed in there before are not", () => {
  const { fail } = open();
  expect(times(50, (n) => fail({ email: `user-${n}@example.org` }))).toEqual(Array(50).fill(0));
  expect(fail({ email: "another@example.org" })).toBe(1);
  expect(fail({ email: "ada@example.org", isKnown: true })).toBe(0);
  expect(fail({ address: "192.0.2.2", email: "another@example.org" })).toBe(0);
});

test("who signs in well adds nothing to what is counted for all of an address", () => {
  const { attempts, fail } = open();
  for (let n = 0; n < 200; n += 1) {
    const attempt = { address: "192.0.2.1", email: `user-${n}@example.org`, isKnown: false };
    attempts.begin(attempt);
    attempts.succeeded(attempt);
  }
  expect(fail({ email: "another@example.org" })).toBe(0);
});

test("all of one IPv6 network of 64 bits is one address, and the next network another", () => {
  const { fail } = open();
  expect(times(6, (n) => fail({ address: `2001:db8:1:2::${n + 1}` }))).toEqual([...FREE_FIVE, 10]);
  expect(fail({ address: "2001:db8:1:3::1" })).toBe(0);
  expect(times(6, (n) => fail({ address: n % 2 ? "192.0.2.9" : "::ffff:192.0.2.9" }))).toEqual([...FREE_FIVE, 10]);
});

test("an attempt that the hub was too busy to look at does not count", () => {
  const { attempts, fail } = open();
  const attempt = { address: "192.0.2.1", email: "ada@example.org", isKnown: false };
  for (let n = 0; n < 100; n += 1) {
    attempts.begin(attempt);
    attempts.notTried(attempt);
  }
  expect(times(6, () => fail({}))).toEqual([...FREE_FIVE, 10]);
});
