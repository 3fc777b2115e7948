/** What a program prints in a real daemon's session, recorded, kept and found by a whole hub. */
import { expect, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import * as recordings from "../packages/protocol/src/operations/recordings.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

/** Prints three megabytes and a little more, and ends. */
const printer = {
  name: "printer",
  command: `i=0; while [ $i -lt 30000 ]; do echo "line $i ☕ of many that are printed without a pause, each a hundred bytes"; i=$((i+1)); done; echo telescope; exit 7`,
};

test("every byte that nobody watched is in the recording, up to the last, with how it ended", async () => {
  await using hub = await startTestHub();
  const project = await hub.project();
  const server = await hub.registerServer(project, { name: "near" });
  const registration = {
    hub_url: hub.url,
    project_id: project.id,
    server_id: server.id,
    name: "near",
    api_key: server.key,
  };
  await using _daemon = await startTestDaemon(hub.url, { registrations: [registration], agents: [printer] });
  const system = await hub.system();
  const params = { project: project.key };
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.some(({ reachable, agents }) => reachable && agents.length > 0);
  });
  const body = { server_id: server.id as ServerId, agent: "printer" };
  const session = await system.call(people.createSession, { params, body });
  const found = () => system.call(recordings.searchRecordings, { params, query: { q: "telescope" } });
  await until(async () => (await found()).hits.length > 0, 30_000);

  const path = `/api/v1/projects/${project.id}/sessions/${session.id}/recording/cast`;
  const text = await (await hub.fetch(path, { headers: await hub.adminHeaders() })).text();
  const [header, ...lines] = text.trimEnd().split("\n");
  expect(JSON.parse(header ?? "")).toMatchObject({ version: 2, width: 120, height: 40 });
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  const printed = events.flatMap(([, code, data]) => (code === "o" ? [data] : [])).join("");
  const expected = Array.from(
    { length: 30_000 },
    (_, i) => `line ${i} ☕ of many that are printed without a pause, each a hundred bytes\r\n`,
  );
  expect(printed === `${expected.join("")}telescope\r\n`).toBe(true);
  expect(events.at(-1)).toEqual([expect.any(Number), "m", "exit: 7"]);
  const recording = await system.call(recordings.viewRecording, { params: { ...params, session: session.id } });
  expect(recording.segments).toBeGreaterThan(2);
});
