import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { freePort, Home, Instance, until } from "./testing/instance.ts";
import { connectedServer, openShell, sessionStatus } from "./testing/terminal-session.ts";

const readyz = async (instance: Instance) => (await fetch(`${instance.url}/readyz`)).status;

const holders = (home: Home) => home.processes().filter((line) => line.includes("orchestratia-holder"));

/** Also what ends a moment after npm did, when npm was not the last to go. */
const nothingIsLeft = (home: Home) => until("no process is left", () => home.processes().length === 0);

test("it starts, says where it is and how to set it up, and Ctrl-C ends everything", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);

  expect(await readyz(instance)).toBe(200);
  expect(instance.output).toMatch(new RegExp(`Open +${instance.url}\n`));
  expect(instance.setupLink).toMatch(new RegExp(`^${instance.url}/setup\\?token=`));
  const page = await fetch(instance.setupLink ?? "");
  expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);

  await openShell(instance, home);
  expect(holders(home)).toHaveLength(1);

  instance.interrupt();
  expect(await instance.ended).toBe(0);
  expect(home.processes()).toEqual([]);
});

test("SIGTERM to npm ends everything", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  await openShell(instance, home);
  instance.terminate();
  await instance.ended;
  await nothingIsLeft(home);
});

test("npm killed: everything ends by itself, and the next start works at once", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  await openShell(instance, home);
  instance.killNpm();
  await using next = await Instance.spawn(home, instance.port).ready();
  next.interrupt();
  await next.ended;
  await nothingIsLeft(home);
});

test("the supervisor killed: everything ends by itself", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  await openShell(instance, home);
  instance.killSupervisor(home);
  await instance.ended;
  await nothingIsLeft(home);
});

test("the supervisor killed and started again on the same port; Ctrl-C ends everything", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  await openShell(instance, home);
  instance.killSupervisor(home);
  await using next = await Instance.spawn(home, instance.port).ready();
  expect(await readyz(next)).toBe(200);
  next.interrupt();
  expect(await next.ended).toBe(0);
  expect(home.processes()).toEqual([]);
});

test("supervisor, hub and daemon killed at once: the next start takes over terminals and database", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  const session = await openShell(instance, home);
  // The supervisor last: the others would notice and begin to stop.
  for (const part of ["agent", "hub"] as const) process.kill(home.pidOf(part), "SIGKILL");
  instance.killSupervisor(home);
  expect(holders(home)).toHaveLength(1);

  await using next = await Instance.spawn(home, instance.port).ready();
  await until("the terminal is back", async () => (await sessionStatus(next, home, session)) === "active");
  next.interrupt();
  expect(await next.ended).toBe(0);
  expect(home.processes()).toEqual([]);
});

test("with --keep-sessions a terminal outlives it, and the next start takes the terminal over", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home, ["--keep-sessions"]);
  const session = await openShell(instance, home);
  instance.interrupt();
  expect(await instance.ended).toBe(0);
  expect(holders(home)).toHaveLength(1);
  expect(home.processes().filter((line) => /postgres|apps\/(hub|agent)|dashboard/.test(line))).toEqual([]);

  await using next = await Instance.start(home);
  await until("the terminal is back", async () => (await sessionStatus(next, home, session)) === "active");
  next.interrupt();
  expect(await next.ended).toBe(0);
  expect(home.processes()).toEqual([]);
});

test("two instances start at the same time and run side by side", async () => {
  await using oneHome = await Home.make();
  await using otherHome = await Home.make();
  await using one = Instance.spawn(oneHome, await freePort());
  await using other = Instance.spawn(otherHome, await freePort());
  await Promise.all([one.ready(), other.ready()]);
  await openShell(one, oneHome);
  await openShell(other, otherHome);

  one.interrupt();
  await one.ended;
  expect(oneHome.processes()).toEqual([]);
  expect(await readyz(other)).toBe(200);
  expect(holders(otherHome)).toHaveLength(1);
  other.interrupt();
  await other.ended;
  expect(otherHome.processes()).toEqual([]);
});

test("the same home a second time, and a port that is taken, are refused with a sentence", async () => {
  await using home = await Home.make();
  await using otherHome = await Home.make();
  await using instance = await Instance.start(home);

  await using again = Instance.spawn(home, await freePort());
  expect(await again.ended).toBe(1);
  expect(again.output).toContain(`Orchestratia already runs on ${home.folder}: ${instance.url}`);

  await using elsewhere = Instance.spawn(otherHome, instance.port);
  expect(await elsewhere.ended).toBe(1);
  expect(elsewhere.output).toContain(`Port ${instance.port} on 127.0.0.1 is taken`);
  expect(otherHome.processes()).toEqual([]);
  expect(await readyz(instance)).toBe(200);
});

test("a part that dies is started again", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  const session = await openShell(instance, home);
  for (const part of ["hub", "agent", "dashboard"] as const) {
    const pid = home.pidOf(part);
    process.kill(pid, "SIGKILL");
    await until(`the ${part} runs again`, () => isReplaced(home, part, pid));
    await until("it is ready again", async () => (await readyz(instance).catch(() => 0)) === 200);
  }
  await connectedServer(instance, home);
  await until("the terminal is back", async () => (await sessionStatus(instance, home, session)) === "active");
  instance.interrupt();
  expect(await instance.ended).toBe(0);
  expect(home.processes()).toEqual([]);
});

function isReplaced(home: Home, part: "hub" | "agent" | "dashboard", former: number): boolean {
  try {
    return home.pidOf(part) !== former;
  } catch {
    return false;
  }
}

test("a second Ctrl-C does not wait for a hub that hangs, and still leaves nothing", async () => {
  await using home = await Home.make();
  await using instance = await Instance.start(home);
  await openShell(instance, home);
  process.kill(home.pidOf("hub"), "SIGSTOP");
  instance.interrupt();
  await until("it says that it stops", () => instance.output.includes("Stopping"));
  // Two that come together are one wish; a person takes longer.
  await until("it hears a second one", async () => {
    instance.interrupt();
    return instance.output.includes("at once now");
  });
  expect(await instance.ended).toBe(1);
  expect(home.processes()).toEqual([]);
});

test("the local daemon follows its hub to another port", async () => {
  await using home = await Home.make();
  const first = await Instance.start(home);
  first.interrupt();
  await first.ended;

  await using next = await Instance.start(home);
  await connectedServer(next, home);
  expect(next.port).not.toBe(first.port);
  const config = readFileSync(path.join(home.folder, "agent/agent.yaml"), "utf8");
  expect(config.match(/hub_url: .*/g)).toEqual([`hub_url: ${next.url}`]);
});
