import { CALLER_ROLES, type CallerRole, mayCall } from "@orchestratia/protocol/may-call";
import type { Operation } from "@orchestratia/protocol/operation";
import { operations } from "@orchestratia/protocol/operations/all";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyRow } from "../testing/every-row.ts";
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
  signInOf,
} from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

let hub: TestHub;
let project: MatrixProject;
let keys: Keys;
let signIns: Readonly<Record<(typeof ACCOUNTS)[number], string>>;
beforeAll(async () => {
  hub = await startTestHub({ config: { requestRates: { perAddress: 100_000, perCaller: 100_000 } } });
  // Some operations name the project that they are about: it is this one.
  project = await makeProject(hub, "DEMO");
  keys = await makeKeys(hub, project);
  const made = ACCOUNTS.map(async (role) => [role, await signInOf(hub, keys[role])]);
  signIns = Object.fromEntries(await Promise.all(made));
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Whoever has an account: they come with an access token, or have signed in themselves. */
const ACCOUNTS = ["account", "viewer", "member", "owner", "admin"] as const;
const isAccount = (role: CallerRole) => ACCOUNTS.find((account) => account === role);

/** What a role shows at an operation: somebody's own sign-in where nothing else will do. */
function headersOf(role: CallerRole, { access }: Pick<Operation, "access">): Record<string, string> {
  const account = isAccount(role);
  if (account && access === "sign_in") return signed(signIns[account]);
  return role === "anonymous" ? {} : signed(keys[role]);
}
const namesProject = ({ path, project }: Operation) => project !== undefined || path.includes("/:project");

/** How the matrix says that somebody is refused. */
function refusalOf(role: CallerRole, operation: Operation): Pick<Answered, "status" | "code"> {
  const knowsKey = operation.door === "people" ? isPerson(role) : isMachine(role);
  if (!knowsKey) return { status: 401, code: "unauthenticated" };
  if (role === "account" && namesProject(operation)) return { status: 404, code: "project_not_found" };
  return { status: 403, code: "forbidden" };
}
const isMachine = (role: CallerRole) => ["server", "worker", "orchestrator"].includes(role);
const isPerson = (role: CallerRole) => role !== "anonymous" && !isMachine(role);

test("whom the matrix forbids an operation is refused as documented, by every kind of key, and nothing changes", async () => {
  const before = await everyRow(hub);
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of operations) {
    for (const role of CALLER_ROLES.filter((role) => !mayCall({ role }, operation))) {
      const headers = headersOf(role, operation);
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
  expect(await everyRow(hub)).toEqual(before);
});

test("what needs somebody's own sign-in is closed to their access tokens, and says so", async () => {
  const wrong: string[] = [];
  for (const operation of operations.filter(({ access }) => access === "sign_in")) {
    for (const role of ACCOUNTS) {
      const { status, needs } = await knock(hub, operation, { named: project.named, headers: signed(keys[role]) });
      if (status !== 403 || needs !== "sign_in") wrong.push(`${operation.id} as ${role}: ${status} ${needs}`);
    }
  }
  expect(wrong).toEqual([]);
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
  const before = await everyRow(hub);
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
  expect(await everyRow(hub)).toEqual(before);
});

test("whom the matrix allows an operation is let in", async () => {
  let tried = 0;
  const wrong: string[] = [];
  // Whoever has left the project is a stranger to what is tried after it.
  const leavingLast = operations.toSorted((a, b) => Number(a.id === "leaveProject") - Number(b.id === "leaveProject"));
  for (const operation of leavingLast) {
    for (const role of CALLER_ROLES.filter((role) => mayCall({ role }, operation))) {
      // Everything but the project is made up: what is tried must leave something for the others.
      const named = { project: project.id };
      const { status, code, needs } = await knock(hub, operation, { named, headers: headersOf(role, operation) });
      tried += 1;
      const refused = (status === 401 && operation.door !== "public") || needs !== undefined || status >= 500;
      if (refused) wrong.push(`${operation.id} as ${role}: ${status} ${code}, needs ${needs}`);
    }
  }
  console.info(`${tried} allowed pairs tried`);
  expect(wrong).toEqual([]);
});
