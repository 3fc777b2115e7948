import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { openQuestions, stage } from "../testing/worker-stage.ts";

/** Whatever is done with the task fails from now on, as if a fault of the hub had spoilt its row. */
async function spoil(hub: TestEngine, task: string) {
  await hub.sql.query(
    `create function spoilt() returns trigger language plpgsql as $$ begin raise exception 'spoilt'; end $$`,
  );
  await hub.sql.query(
    `create trigger spoilt before update on tasks for each row when (old.id = '${task}') execute function spoilt()`,
  );
  return () => hub.sql.query("drop function spoilt cascade");
}

test("one task that cannot be dealt with holds up no other, however often it is tried", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const bad = await stage(hub, { on_worker_lost: "fail" });
  const good = await stage(hub, { on_worker_lost: "fail" });
  const asked = await stage(hub);
  const idle = await hub.addSession(good.project, good.server, "claude");
  const unbegun = await hub.addTask(good.project);
  await hub.settled();
  expect(await hub.task(unbegun)).toMatchObject({ assigned_session_id: idle.id, deliveries: 1 });
  for (const { worker } of [bad, good, asked]) await hub.sessionIsMissing(worker.id, "lost");
  await hub.settled();
  const mend = await spoil(hub, bad.task);
  await hub.sql.query(
    `update engine.leases set act_at = now() - case when task_id = $1 then interval '2 minutes' else interval '1 minute' end
     where closed_at is null`,
    [bad.task],
  );
  await hub.sql.query("update tasks set told_at = now() - interval '11 minutes' where id = $1", [unbegun]);
  await expect(hub.engine.rederive()).rejects.toThrow();
  await hub.settled();
  expect(await hub.task(bad.task)).toMatchObject({ status: "running" });
  expect(await hub.task(good.task)).toMatchObject({ status: "failed" });
  expect(await openQuestions(asked)).toMatchObject([{ cause: "worker_lost" }]);
  expect(await hub.task(unbegun)).toMatchObject({ reminded_at: expect.any(Date) });
  await mend();
  await hub.engine.rederive();
  expect(await hub.task(bad.task)).toMatchObject({ status: "failed" });
});
