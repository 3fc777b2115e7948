/** Viewers of a real terminal, in the holder of a real daemon, through a whole hub. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { FakeViewer } from "../apps/hub/src/testing/fake-viewer.ts";
import { addPerson } from "../apps/hub/src/testing/matrix-world.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import { viewerScreen } from "../apps/hub/src/testing/viewer-screen.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

const plain = { name: "plain", command: "PS1='$ ' exec sh -i" };

test("whoever comes in the middle of a flood, or behind it, sees what those see who were there", async () => {
  await using hub = await startTestHub();
  const project = await hub.project();
  const server = await hub.registerServer(project, { name: "box" });
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "orchestratia-viewers-")));
  const registration = { hub_url: hub.url, project_id: project.id, server_id: server.id, name: "box" };
  await using _daemon = await startTestDaemon(hub.url, {
    registrations: [{ ...registration, api_key: server.key }],
    repos: { demo: folder },
    agents: [plain],
  });
  const system = await hub.system();
  const params = { project: project.key };
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.some(({ id, reachable, agents }) => id === server.id && reachable && agents.length > 0);
  });
  const body = { server_id: server.id as ServerId, agent: "plain", name: "flood" };
  const session = await system.call(people.createSession, { params, body });
  await until(async () => {
    const { sessions } = await system.call(people.listSessions, { params });
    return sessions.some(({ id, status }) => id === session.id && status === "active");
  });
  const token = await addPerson(hub, "viewer", { project: project.id, role: "member" });
  const viewers: FakeViewer[] = [];
  const join = async (mode: "watch" | "drive" = "watch") => {
    const viewer = await FakeViewer.signedIn(hub.url, token);
    viewers.push(viewer);
    return { viewer, attached: await viewer.attach(session.id, { mode }) };
  };

  const { viewer: driver, attached } = await join("drive");
  driver.type(attached.number, "seq 1 200000; printf '\\033[31mred\\033[0m'; echo the-'end'\r");
  for (const bytes of [10_000, 200_000, 600_000]) {
    await driver.printed(bytes);
    await join();
  }
  await until(() => driver.output.includes("the-end"));
  await join();
  const end = "\x1b[0mthe-end\r\n$ ";
  await until(() => driver.output.toString().endsWith(end));
  for (const viewer of viewers.slice(1)) {
    await until(() => viewer.offset === driver.offset && viewer.terminal.some(({ kind }) => kind === "snapshot"));
  }
  const screen = await viewerScreen(driver);
  expect(screen.shown.slice(-3)).toEqual(["200000", "redthe-end", "$ "]);
  for (const viewer of viewers.slice(1)) expect(await viewerScreen(viewer)).toEqual(screen);
  for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
