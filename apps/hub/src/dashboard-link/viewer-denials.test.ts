import * as people from "@orchestratia/protocol/operations/people";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { addPerson } from "../testing/matrix-world.ts";
import { startTestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";

test("a viewer who types and a foreign topic are recorded", async () => {
  await using hub = await startTestHub();
  const project = await hub.project();
  const other = await hub.project();
  const server = await hub.registerServer(project);
  await using daemon = new FakeDaemon({ url: hub.url, apiKey: server.key });
  await daemon.connect();
  const body = { server_id: server.id as ServerId, name: "terminal" };
  const session = await (await hub.admin()).call(people.createSession, { params: { project: project.key }, body });
  const token = await addPerson(hub, "viewer", { project: project.id, role: "viewer" });
  const denials = () =>
    hub.database.sql.query(
      "select project_id, actor, details from activity_log where event_type = 'access.denied' order by seq",
    );

  await using viewer = await FakeViewer.signedIn(hub.url, token);
  await viewer.attach(session.id, { mode: "drive" });
  for (let n = 0; n < 3; n += 1) viewer.send({ type: "session_input", session_id: session.id, data: "eA==" });
  await viewer.next("problem", ({ session_id }) => session_id === session.id);
  await until(async () => (await denials()).length === 1);
  const topic = `project:${other.id}`;
  viewer.send({ type: "subscribe", topic });
  await viewer.next("problem", ({ problem }) => problem.topic === topic);
  await until(async () => (await denials()).length === 2);
  const actor = { type: "user", name: "Ada" };
  expect(await denials()).toMatchObject([
    { project_id: project.id, actor, details: { operation: "/ws/dashboard", problem: "forbidden" } },
    { project_id: null, actor, details: { operation: "/ws/dashboard", problem: "project_not_found", asked: topic } },
  ]);
});
