import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { expect, test } from "vitest";
import { Typist } from "../terminals/typing.ts";
import { testClock } from "../testing/test-clock.ts";
import { SessionDeliveries } from "./session-deliveries.ts";
import { TypedDeliveries } from "./typed-deliveries.ts";

/** The messages of one session, to one daemon after the other: each has the folder and nothing else of the one before. */
function testDeliveries() {
  const folder = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const answers: Extract<DaemonFrame, { type: "delivery" }>[] = [];
  return {
    answers,
    daemon() {
      const typist = new Typist({ input() {}, status: () => "waiting", cursorLine: () => "> ", clock: testClock() });
      return new SessionDeliveries({
        sessionId: "s",
        agent: undefined,
        typist,
        typed: new TypedDeliveries(folder),
        answer: (frame) => answers.push(frame),
        printed: async () => [],
      });
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const never = { answer() {} };

test("an answer to a prompt whose daemon was stopped in the midst has failed, and is not given to what is asked next", () => {
  using it = testDeliveries();
  it.daemon().answerPrompt(never, "Yes", "one");
  expect(it.answers).toEqual([]);
  let answered = 0;
  it.daemon().answerPrompt({ answer: () => (answered += 1) }, "Yes", "one");
  expect(answered).toBe(0);
  expect(it.answers).toMatchObject([
    { delivery_id: "one", state: "failed", reason: expect.stringContaining("nothing shows whether the agent took it") },
  ]);
});

test("an answer that was taken is known to the next daemon", () => {
  using it = testDeliveries();
  it.daemon().answerPrompt({ answer: (_text, onDone) => onDone(undefined) }, "Yes", "one");
  it.daemon().answerPrompt(never, "Yes", "one");
  expect(it.answers.map(({ state }) => state)).toEqual(["delivered", "delivered"]);
});
