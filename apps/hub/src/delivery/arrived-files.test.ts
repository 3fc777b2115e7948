import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";

test("a session's agent is told of a file that has come, once, and again over a new link until it was typed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  let server = await hub.addServer(project, { agents: ["claude"] });
  const worker = await hub.addSession(project, server, "claude");
  const relink = async () => {
    hub.disconnect(server.id);
    await hub.sessionIsMissing(worker.id, "disconnected");
    server = hub.connect(server.id, () => {}, { version: 2 });
    hub.engine.delivery.serverConnected(server.id);
    await hub.sessionReports(worker.id, "idle");
    await hub.settled();
  };
  const arrived = async (name: string) => {
    const [row] = await hub.sql.query<{ id: string }>(
      `insert into hub.file_transfers (id, project_id, sender_server_id, sender_name, target_server_id, target_session_id,
        target_name, filename, file_path, target_path, overwrite, size, sha256, status, arrived_path, delivery, ended_at)
      values ($1, $2, $3, $4, $3, $5, 'w', 'a', '/a', 'a', false, 5000000000, 'x', 'completed', $6, 'queued', now())
      returning id`,
      [randomUUID(), project, server.id, "plan\u0007ner", worker.id, name],
    );
    hub.engine.delivery.wake();
    await hub.settled();
    return row?.id;
  };
  const frames = () => server.frames.filter(({ type }) => type === "file_arrived");
  const stateOf = async (id: string | undefined) => {
    const [row] = await hub.sql.query<{ delivery: string }>("select delivery from hub.file_transfers where id = $1", [
      id,
    ]);
    return row?.delivery;
  };

  await relink();
  const id = await arrived("/srv/web\nsite/a.bin");
  expect(frames()).toEqual([
    {
      type: "file_arrived",
      session_id: worker.id,
      delivery_id: `file:${id}`,
      transfer_id: id,
      path: "/srv/web site/a.bin",
      file_size: 5_000_000_000,
      sender: "plan ner",
    },
  ]);
  hub.engine.delivery.wake();
  await hub.settled();
  expect([frames().length, await stateOf(id)]).toEqual([1, "queued"]);

  await relink();
  expect(frames()).toHaveLength(1);
  hub.engine.delivery.answered(server.id, {
    type: "delivery",
    delivery_id: `file:${id}`,
    session_id: worker.id,
    state: "delivered",
  });
  await hub.settled();
  expect(await stateOf(id)).toBe("delivered");

  await hub.sql.query("update sessions set status = 'closed', closed_at = now() where id = $1", [worker.id]);
  await hub.sql.query("update hub.file_transfers set delivery = 'queued'");
  await hub.engine.delivery.rederive();
  expect(await stateOf(id)).toBe("failed");
});
