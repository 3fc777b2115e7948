import { CALLER_ROLES, type CallerRole, mayCall } from "@orchestratia/protocol/may-call";
import type { Operation } from "@orchestratia/protocol/operation";
import { operations } from "@orchestratia/protocol/operations/all";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Answered,
  addPerson,
  addSession,
  bearing,
  type Keys,
  knock,
  type MatrixProject,
  makeKeys,
  makeProject,
  signed,
} from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

let hub: TestHub;
let project: MatrixProject;
let keys: Keys;
beforeAll(async () => {
  hub = await startTestHub({ config: { requestRates: { perAddress: 100_000, perCaller: 100_000 } } });
  project = await makeProject(hub);
  keys = await makeKeys(hub, project);
});
afterAll(() => hub[Symbol.asyncDispose]());

const headersOf = (role: CallerRole) => (role === "anonymous" ? {} : signed(keys[role]));
const namesProject = ({ path }: Operation) => path.includes("/:project");

/** How the matrix says that somebody is refused. */
function refusalOf(role: CallerRole, operation: Operation): Pick<Answered, "status" | "code"> {
  const knowsKey = operation.door === "people" ? isPerson(role) : isMachine(role);
  if (!knowsKey) return { status: 401, code: "unauthenticated" };
  if (role === "account" && namesProject(operation)) return { status: 404, code: "project_not_found" };
  return { status: 403, code: "forbidden" };
}
const isMachine = (role: CallerRole) => ["server", "worker", "orchestrator"].includes(role);
const isPerson = (role: CallerRole) => role !== "anonymous" && !isMachine(role);

/** Every row but of what only says that somebody was here. */
async function everything(): Promise<Record<string, string>> {
  const { sql } = hub.database;
  const tables = await sql.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('public', 'hub', 'engine') order by 1`,
  );
  const state: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await sql.query<{ state: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as state from (
         select to_jsonb(r) - 'last_used_at' - 'last_heartbeat' - 'position' as t from ${name} r) t
       where coalesce(t->>'event_type', '') <> 'access.denied'`,
    );
    state[name] = row?.state ?? "";
  }
  return state;
}

test("whom the matrix forbids an operation is refused as documented, by every kind of key, and nothing changes", async () => {
  await hub.hub.sequencer.settled();
  const before = await everything();
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of operations) {
    for (const role of CALLER_ROLES.filter((role) => !mayCall({ role }, operation))) {
      const headers = headersOf(role);
      const { status, code } = await knock(hub, operation, { named: project.named, headers });
      tried += 1;
      const expected = refusalOf(role, operation);
      if (status !== expected.status || code !== expected.code) {
        wrong.push(`${operation.id} as ${role}: ${status} ${code}, not ${expected.status} ${expected.code}`);
      }
    }
  }
  console.info(`${operations.length} operations × ${CALLER_ROLES.length} roles: ${tried} forbidden pairs tried`);
  expect(wrong).toEqual([]);
  expect(await everything()).toEqual(before);
});

test("a key that is held out at another door's header opens nothing", async () => {
  const wrong: string[] = [];
  for (const operation of operations.filter(({ door }) => door === "people")) {
    for (const role of ["server", "worker", "orchestrator"] as const) {
      const { status } = await knock(hub, operation, { named: project.named, headers: bearing(keys[role]) });
      if (status !== 403) wrong.push(`${operation.id} as ${role}: ${status}`);
    }
  }
  for (const operation of operations.filter(({ door }) => door === "agents" || door === "daemons")) {
    for (const role of ["owner", "admin", "hub"] as const) {
      const { status } = await knock(hub, operation, { named: project.named, headers: { "x-api-key": keys[role] } });
      if (status !== 403) wrong.push(`${operation.id} as ${role}: ${status}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("what belongs to a foreign project is not found, whoever asks, and stays as it is", async () => {
  const foreign = await makeProject(hub);
  const strangers = {
    owner: await addPerson(hub, "viewer", { project: foreign.id, role: "owner" }),
    server: foreign.serverKey,
    worker: (await addSession(hub, foreign, "worker")).token,
    orchestrator: (await addSession(hub, foreign, "orchestrator")).token,
  };
  await hub.hub.sequencer.settled();
  const before = await everything();
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of operations) {
    const names = [...operation.path.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => name);
    if (!names.some((name) => name in project.named)) continue;
    for (const [role, key] of Object.entries(strangers) as [CallerRole, string][]) {
      if (!mayCall({ role }, operation)) continue;
      const answer = await knock(hub, operation, { named: project.named, headers: signed(key) });
      tried += 1;
      if (answer.status !== 404) wrong.push(`${operation.id} as ${role}: ${answer.status} ${answer.code}`);
    }
  }
  console.info(`${tried} operations of a foreign project tried`);
  expect(wrong).toEqual([]);
  expect(await everything()).toEqual(before);
});

test("whom the matrix allows an operation is let in", async () => {
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of operations) {
    for (const role of CALLER_ROLES.filter((role) => mayCall({ role }, operation))) {
      // Everything but the project is made up: what is tried must leave something for the others.
      const named = { project: project.id };
      const { status, code, needs } = await knock(hub, operation, { named, headers: headersOf(role) });
      tried += 1;
      const refused = (status === 401 && operation.door !== "public") || needs !== undefined || status >= 500;
      if (refused) wrong.push(`${operation.id} as ${role}: ${status} ${code}, needs ${needs}`);
    }
  }
  console.info(`${tried} allowed pairs tried`);
  expect(wrong).toEqual([]);
});
