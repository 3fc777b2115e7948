import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openDatabase } from "../db/database.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { startTestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";
import { LastUsed } from "../timers/last-used.ts";
import { EndedSignIns } from "./ended-sign-ins.ts";

test("a sign-in that was used says when, to the minute, and one that ended long ago is gone", async () => {
  await using own = await createTestDatabase();
  await using database = openDatabase(own.url);
  const { sql } = database;
  const uses = new LastUsed(sql, "hub.sign_ins");
  const [used, idle, old] = [randomUUID(), randomUUID(), randomUUID()];
  await sql.query(
    `with ada as (insert into admin_users (email, name, role) values ('ada@example.org', 'Ada', 'admin') returning id)
     insert into hub.sign_ins (id, user_id, expires_at, revoked_at)
     select sign_in.id, ada.id, expires_at, revoked_at from ada, (values
       ($1::uuid, now() + interval '1 day', null::timestamptz),
       ($2, now() - interval '89 days', null),
       ($3, now() + interval '1 day', now() - interval '91 days')) as sign_in (id, expires_at, revoked_at)`,
    [used, idle, old],
  );
  const left = () =>
    sql.query<{ id: string; last_used_at: Date | null }>(
      "select id, last_used_at from hub.sign_ins order by last_used_at nulls last",
    );
  uses.saw(used);
  uses.saw(undefined);
  await uses.rederive();
  await new EndedSignIns(sql).rederive();
  const first = await left();
  expect(first).toEqual([
    { id: used, last_used_at: expect.any(Date) },
    { id: idle, last_used_at: null },
  ]);
  uses.saw(used);
  await uses.rederive();
  expect(await left()).toEqual(first);
  await sql.query("update hub.sign_ins set last_used_at = now() - interval '2 minutes' where id = $1", [used]);
  uses.saw(used);
  await uses[Symbol.asyncDispose]();
  expect((await left())[0]?.last_used_at?.getTime()).toBeGreaterThanOrEqual(first[0]?.last_used_at?.getTime() ?? 0);
});

test.each(["cookie", "first message"])("a sign-in that only opened a socket, by its %s, has been used", async (way) => {
  await using hub = await startTestHub();
  const authorization = (await hub.adminHeaders()).authorization ?? "";
  const jwt = authorization.replace("Bearer ", "");
  const [instance] = await hub.database.sql.query<{ instance_id: string }>("select instance_id from hub.instance");
  const uses = () => hub.database.sql.query("select last_used_at from hub.sign_ins");
  expect(await uses()).toEqual([{ last_used_at: null }]);
  await using viewer =
    way === "cookie"
      ? await FakeViewer.open(hub.url, { cookie: `orc_${instance?.instance_id}=${jwt}`, origin: hub.url })
      : await FakeViewer.signedIn(hub.url, jwt);
  await until(() => viewer.frames.some(({ type }) => type === "auth_ok"));
  await hub.hub.engine.rederive();
  expect(await uses()).toEqual([{ last_used_at: expect.any(Date) }]);
});
