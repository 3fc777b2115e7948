import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { policyPath } from "./policy/policy.ts";
import { startFakeHub } from "./testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "./testing/test-daemon.ts";
import { waitFor } from "./testing/wait.ts";

test("a mistake in one of the two files keeps the daemon from that one's change only", {
  timeout: 60_000,
}, async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const { configPath } = daemon;
  const config = readFileSync(configPath, "utf8");
  const policy = policyPath(configPath);
  const logged = (text: string) => daemon.logged.some((line) => line.includes(text));
  /** What the daemon says of a start: a sentence when it refuses it. */
  const said = async () => {
    const start = sessionStart("exit");
    hub.start(start);
    const frame = await waitFor(
      () => hub.of("session_error", start.session_id)[0] ?? hub.of("session_closed", start.session_id)[0],
    );
    return frame.type === "session_error" ? frame.error : undefined;
  };
  const running = sessionStart("read -r go");
  hub.start(running);
  await waitFor(() => hub.of("session_started", running.session_id)[0]);

  writeFileSync(policy, "sessions: { start: perhaps }\n");
  await waitFor(() => logged("the changed policy is not used"));
  writeFileSync(configPath, `${config}max_sessions: 1\n`);
  await waitFor(async () => (await said())?.includes("its max_sessions allows no more"));

  writeFileSync(configPath, `${config}max_sessions: many\n`);
  await waitFor(() => logged("the changed configuration is not used"));
  writeFileSync(policy, "sessions: { start: false }\n");
  await waitFor(async () => (await said())?.includes("sessions.start in its policy.yaml does not allow it"));
  expect(hub.of("session_closed", running.session_id)).toEqual([]);
});
