import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { fakeKey, startFakeHub } from "./testing/fake-hub.ts";
import { sessionStart } from "./testing/test-daemon.ts";
import { testHome } from "./testing/test-home.ts";
import { waitFor } from "./testing/wait.ts";

test("--register writes the key where only we can read it, and exits", async () => {
  await using hub = await startFakeHub();
  await using test = testHome();
  const registering = test.run("--register", hub.token(), "--name", "mill");
  expect(await registering.code).toBe(0);
  expect(statSync(test.configPath).mode & 0o777).toBe(0o600);
  expect(readConfig(test.configPath).registrations).toMatchObject([
    { api_key: fakeKey, hub_url: hub.url, name: "mill" },
  ]);
  expect(hub.registrations[0]).toMatchObject({ name: "mill", registration_token: hub.token(), max_concurrent: 4 });
  expect(hub.mistakes).toEqual([]);
  expect(registering.said()).not.toContain(fakeKey);

  const before = readFileSync(test.configPath, "utf8");
  const refused = test.run("--register", hub.token("used.bad"));
  expect(await refused.code).toBe(1);
  expect(refused.said()).toContain("The token was used already.");
  expect(readFileSync(test.configPath, "utf8")).toBe(before);
});

test("sessions outlive SIGTERM and kill -9; with --close-sessions-on-exit they end with the daemon, or with its parent", {
  timeout: 60_000,
}, async () => {
  await using hub = await startFakeHub();
  await using test = testHome();
  const first = test.run("--register", hub.token(), "--run");
  await hub.linked();
  const start = sessionStart("echo hello; trap 'exit 9' HUP; while :; do sleep 0.05; done");
  hub.start(start);
  await waitFor(() => hub.output(start.session_id).includes("hello"));
  first.child.kill("SIGTERM");
  expect(await first.code).toBe(0);

  const living = () => hub.of("inventory").at(-1)?.sessions;
  const recovered = { session_id: start.session_id, exit: null };
  hub.forget();
  const second = test.run("--close-sessions-on-exit");
  await hub.linked();
  expect(living()).toMatchObject([recovered]);
  second.child.kill("SIGKILL");
  await second.code;

  hub.forget();
  const third = test.run("--close-sessions-on-exit");
  await hub.linked();
  expect(living()).toMatchObject([recovered]);
  third.child.disconnect();
  expect(await third.code).toBe(0);
  await waitFor(() => hub.of("session_closed").length > 0);
  expect(hub.of("session_closed")).toMatchObject([{ session_id: start.session_id, exit_code: 9 }]);
  expect(test.sessions()).toEqual([]);
});

test("one state folder, one daemon; a registration made meanwhile is picked up", async () => {
  await using hub = await startFakeHub();
  await using test = testHome();
  const first = test.run();
  await waitFor(() => first.said().includes("registered with no hub yet"));
  const second = test.run();
  expect(await second.code).toBe(1);
  expect(second.said()).toContain("another orchestratia-agent serves");
  expect(await test.run("--register", hub.token()).code).toBe(0);
  await hub.linked();
});
