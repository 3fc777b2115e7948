import { listServers } from "@orchestratia/protocol/operations/people";
import type { ServerListQuery } from "@orchestratia/protocol/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestTeam } from "../testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;
beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  for (const name of ["a-off", "b-silent", "c-drains"]) {
    await hub.registerServer({ key: team.key }, { name });
  }
  const { sql } = hub.database;
  await sql.query("update servers set name = 'd-here' where id = $1", [team.daemon.serverId]);
  await sql.query("update servers set status = 'online' where name in ('b-silent', 'c-drains')");
  await sql.query("update servers set draining = true where name = 'c-drains'");
  await sql.query(`update servers set repos = '{"Shop": "/srv"}' where name in ('a-off', 'b-silent')`);
  await sql.query(`update servers set capabilities_override = '{"repos": {}}' where name = 'a-off'`);
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const page = (query: z.input<typeof ServerListQuery>) =>
  team.admin.call(listServers, { params: { project: team.project }, query });
const names = async (query: z.input<typeof ServerListQuery>) => (await page(query)).servers.map(({ name }) => name);

test.each<[query: z.input<typeof ServerListQuery>, found: string[]]>([
  [{}, ["a-off", "b-silent", "c-drains", "d-here"]],
  [{ status: "offline" }, ["a-off"]],
  [{ reachable: "true" }, ["d-here"]],
  [{ reachable: "false" }, ["a-off", "b-silent", "c-drains"]],
  [{ draining: "true" }, ["c-drains"]],
  [{ draining: "false", status: "online" }, ["b-silent", "d-here"]],
  [{ repo: "shop" }, ["b-silent"]],
  [{ name: "S" }, ["b-silent", "c-drains"]],
])("%j", async (query, found) => {
  expect(await names(query)).toEqual(found);
});

test("pages hold every server once, also of those that are filtered", async () => {
  const first = await page({ limit: 2, reachable: "false" });
  expect(first.servers.map(({ name }) => name)).toEqual(["a-off", "b-silent"]);
  const second = await page({ limit: 2, reachable: "false", after: first.next ?? "" });
  expect(second.servers.map(({ name }) => name)).toEqual(["c-drains"]);
  expect(second.next).toBeNull();
  expect(await refusalCode(page({ after: "bm9wZQ" }))).toBe("invalid_request");
});
