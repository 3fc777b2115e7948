import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { pino } from "pino";
import { expect, test } from "vitest";
import { testClock } from "../testing/test-clock.ts";
import { waitFor } from "../testing/wait.ts";
import { SessionLimits } from "./session-limits.ts";

test("no session starts while what the sessions use is measured again, or cannot be measured", async () => {
  const program = spawn("sleep", ["1000"]);
  const session = { id: "one", folder: tmpdir(), record: { pid: program.pid ?? 0 }, exit: null, close() {} };
  const clock = testClock();
  let looks = 0;
  let isBroken = false;
  using limits = new SessionLimits({
    sessions() {
      looks += 1;
      if (isBroken) throw new Error("no such table");
      return [session];
    },
    limits: () => ({ max_processes_per_session: 100, max_memory_per_session: 2 ** 40, max_memory: 1 }),
    onNear() {},
    clock,
    log: pino({ level: "silent" }),
  });
  /** What is said right after a look has begun. */
  const nextLook = (seen: number) =>
    waitFor(() => {
      clock.advance(2000);
      return looks > seen && { refusal: limits.refusal() };
    });
  await nextLook(0);
  const wanted = { refusal: expect.stringContaining("its max_memory allows no new one") };
  await waitFor(() => limits.refusal());
  expect(await nextLook(looks)).toEqual(wanted);
  isBroken = true;
  expect(await nextLook(looks)).toEqual(wanted);
  expect(await nextLook(looks)).toEqual(wanted);
  program.kill();
});
