import { listSessions } from "@orchestratia/protocol/operations/people";
import type { SessionListQuery } from "@orchestratia/protocol/sessions";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;
let second: FakeDaemon & { serverId: string };
beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  second = await FakeDaemon.register(hub.url, {
    registration_token: await hub.registrationToken({ key: team.key }),
    name: "second",
  });
  await second.heartbeat();
  await second.connect();
  await team.startAgent("worker", "one");
  await team.startAgent("orchestrator", "two");
  await team.startAgent("worker", "three");
  await team.startAgent("worker", "four");
  // What daemons say comes by other ways; here only how rows are found is looked at.
  const { sql } = hub.database;
  await sql.query("update sessions set status = 'closed', closed_at = now() where name = 'four'");
  await sql.query("update sessions set status = 'lost', agent_status = 'waiting' where name = 'three'");
  await sql.query("update sessions set agent = 'gemini', server_id = $1 where name = 'two'", [second.serverId]);
  await sql.query("update sessions set status = 'active', agent_status = 'idle' where name in ('one', 'two')");
});
afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const page = (query: z.input<typeof SessionListQuery>) =>
  team.admin.call(listSessions, { params: { project: team.project }, query });
const names = async (query: z.input<typeof SessionListQuery>) => (await page(query)).sessions.map(({ name }) => name);

test.each<[query: z.input<typeof SessionListQuery>, found: string[]]>([
  [{}, ["three", "two", "one", "four"]],
  [{ live: "true" }, ["three", "two", "one"]],
  [{ live: "false" }, ["four"]],
  [{ status: "lost,closed" }, ["three", "four"]],
  [{ agent_status: "waiting" }, ["three"]],
  [{ role: "orchestrator" }, ["two"]],
  [{ agent: "gemini" }, ["two"]],
  [{ server: "second" }, ["two"]],
  [{ server: "second", role: "worker" }, []],
])("%j", async (query, found) => {
  expect(await names(query)).toEqual(found);
});

test("a server is named by its id too, and a status that there is not is refused", async () => {
  expect(await names({ server: second.serverId })).toEqual(["two"]);
  expect(await refusalCode(page({ status: "asleep" }))).toBe("invalid_request");
});

test("pages hold every session once, live ones first", async () => {
  const seen: string[] = [];
  let after: string | undefined;
  await until(async () => {
    const { sessions, next } = await page({ limit: 1, ...(after === undefined ? {} : { after }) });
    seen.push(...sessions.map(({ name }) => name));
    after = next ?? undefined;
    return next === null;
  });
  expect(seen).toEqual(["three", "two", "one", "four"]);
  expect(await refusalCode(page({ after: "bm9wZQ" }))).toBe("invalid_request");
});
