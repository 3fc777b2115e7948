import { type CallerRole, mayCall } from "@orchestratia/protocol/may-call";
import type { Operation } from "@orchestratia/protocol/operation";
import { operations } from "@orchestratia/protocol/operations/all";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyRow } from "../testing/every-row.ts";
import { type Answered, addPerson, bearing, knock, type MatrixProject, makeProject } from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { secretHash } from "./secret-hash.ts";

/** An access token that opens less than its owner may. */
interface Narrow {
  token: string;
  readOnly: boolean;
  /** What its holder is at an operation that names the project, and at one that names none. */
  inProject: CallerRole;
  elsewhere: CallerRole;
}

const KINDS = [
  "an admin's that reads",
  "a member's that reads",
  "an admin's of the project",
  "a member's of the project",
  "an admin's of another project",
  "a member's of another project",
  "an admin's of the project that reads",
] as const;

let hub: TestHub;
let project: MatrixProject;
let tokens: Readonly<Record<(typeof KINDS)[number], Narrow>>;
beforeAll(async () => {
  hub = await startTestHub({ config: { requestRates: { perAddress: 100_000, perCaller: 100_000 } } });
  // Some operations name the project that they are about: it is this one.
  project = await makeProject(hub, "DEMO");
  const other = await hub.project();
  const [here, there] = [[project.id], [other.id]];
  const admin = (scope: Scope) => narrowed("admin", scope);
  const member = (scope: Scope) => narrowed("member", scope);
  tokens = {
    "an admin's that reads": { ...(await admin({ scope: "read" })), inProject: "admin", elsewhere: "admin" },
    "a member's that reads": { ...(await member({ scope: "read" })), inProject: "member", elsewhere: "account" },
    "an admin's of the project": { ...(await admin({ ids: here })), inProject: "admin", elsewhere: "account" },
    "a member's of the project": { ...(await member({ ids: here })), inProject: "member", elsewhere: "account" },
    "an admin's of another project": { ...(await admin({ ids: there })), inProject: "account", elsewhere: "account" },
    "a member's of another project": { ...(await member({ ids: there })), inProject: "account", elsewhere: "account" },
    "an admin's of the project that reads": {
      ...(await admin({ scope: "read", ids: here })),
      inProject: "admin",
      elsewhere: "account",
    },
  };
});
afterAll(() => hub[Symbol.asyncDispose]());

interface Scope {
  scope?: "read" | "write";
  ids?: string[];
}

async function narrowed(role: "admin" | "member", { scope = "write", ids }: Scope) {
  const token =
    role === "admin"
      ? await addPerson(hub, "admin")
      : await addPerson(hub, "viewer", { project: project.id, role: "member" });
  await hub.database.sql.query("update hub.access_tokens set scope = $2, project_ids = $3 where token_hash = $1", [
    secretHash(token),
    scope,
    ids,
  ]);
  return { token, readOnly: scope === "read" };
}

const namesProject = ({ path, project }: Operation) => project !== undefined || path.includes("/:project");
const roleAt = (token: Narrow, operation: Operation) => (namesProject(operation) ? token.inProject : token.elsewhere);
const opens = (token: Narrow, operation: Operation) =>
  mayCall({ role: roleAt(token, operation), readOnly: token.readOnly, byToken: true }, operation);

/** How somebody with the token is refused. */
function refusalOf(token: Narrow, operation: Operation): Pick<Answered, "status" | "code"> {
  if (operation.door !== "people") return { status: 401, code: "unauthenticated" };
  if (roleAt(token, operation) === "account" && namesProject(operation)) {
    return { status: 404, code: "project_not_found" };
  }
  return { status: 403, code: "forbidden" };
}

test("what a token does not open is refused as documented, and nothing changes", async () => {
  const before = await everyRow(hub);
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of operations) {
    for (const kind of KINDS.filter((kind) => !opens(tokens[kind], operation))) {
      const { named } = project;
      const { status, code } = await knock(hub, operation, { named, headers: bearing(tokens[kind].token) });
      tried += 1;
      const expected = refusalOf(tokens[kind], operation);
      if (status !== expected.status || code !== expected.code) {
        wrong.push(`${operation.id} with ${kind}: ${status} ${code}, not ${expected.status} ${expected.code}`);
      }
    }
  }
  console.info(`${operations.length} operations × ${KINDS.length} kinds of token: ${tried} forbidden pairs tried`);
  expect(wrong).toEqual([]);
  expect(await everyRow(hub)).toEqual(before);
});

test("a token that may only read is let in wherever it looks, and changes nothing by it", async () => {
  const before = await everyRow(hub);
  const wrong: string[] = [];
  const readers = KINDS.filter((kind) => tokens[kind].readOnly);
  for (const operation of operations.filter(({ door }) => door === "people")) {
    for (const kind of readers.filter((kind) => opens(tokens[kind], operation))) {
      const { named } = project;
      const { status, code } = await knock(hub, operation, { named, headers: bearing(tokens[kind].token) });
      if (status === 401 || status === 403 || status >= 500) {
        wrong.push(`${operation.id} with ${kind}: ${status} ${code}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(await everyRow(hub)).toEqual(before);
});

test("what a token opens lets it in", async () => {
  let tried = 0;
  const wrong: string[] = [];
  // Whoever has left the project is a stranger to what is tried after it.
  const leavingLast = operations.toSorted((a, b) => Number(a.id === "leaveProject") - Number(b.id === "leaveProject"));
  for (const operation of leavingLast) {
    for (const kind of KINDS.filter((kind) => opens(tokens[kind], operation))) {
      // Everything but the project is made up: what is tried must leave something for the others.
      const named = { project: project.id };
      const answer = await knock(hub, operation, { named, headers: bearing(tokens[kind].token) });
      tried += 1;
      const refused = (answer.status === 401 && operation.door !== "public") || answer.needs !== undefined;
      if (refused || answer.status >= 500) {
        wrong.push(`${operation.id} with ${kind}: ${answer.status} ${answer.code}, needs ${answer.needs}`);
      }
    }
  }
  console.info(`${tried} pairs that the tokens open tried`);
  expect(wrong).toEqual([]);
});
