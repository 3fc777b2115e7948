import { randomUUID } from "node:crypto";
import { mayCall } from "@orchestratia/protocol/may-call";
import type { Operation } from "@orchestratia/protocol/operation";
import { operations } from "@orchestratia/protocol/operations/all";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { exampleOf } from "../http/openapi-examples.ts";
import { everyRow } from "../testing/every-row.ts";
import { makeSampledProject, type SampledProject } from "../testing/matrix-samples.ts";
import { addPerson, type Keys, makeKeys, signed } from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { secretHash } from "./secret-hash.ts";

let hub: TestHub;
let foreign: SampledProject;
beforeAll(async () => {
  hub = await startTestHub({ config: { requestRates: { perAddress: 100_000, perCaller: 100_000 } } });
  foreign = await makeSampledProject(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

type Names = Readonly<Record<string, string>>;
const ROLES = ["member", "owner", "admin", "hub", "server", "worker", "orchestrator"] as const;

const paramsOf = ({ path }: Operation): string[] => [...path.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => name);
/** What happens inside one project: the one that the path names, or the machine's own. */
const inProject = operations.filter(({ path, door }) => path.includes("/:project") || door === "agents");

/** Kept only while the hub runs, and looked for among the caller's own: no row of a project stands behind it. */
const IN_MEMORY = new Set(["transfer"]);

interface Call {
  operation: Operation;
  names: Names;
  body: unknown;
}

async function call({ operation, names, body }: Call, key: string): Promise<{ status: number; text: string }> {
  const { method } = operation;
  const address = operation.path.replaceAll(/:([a-z_]+)/g, (_, name: string) => names[name] ?? randomUUID());
  const given = method === "GET" || method === "DELETE" || body === undefined ? undefined : JSON.stringify(body);
  const response = await hub.hub.app.inject({
    method,
    url: address,
    headers: {
      ...signed(key),
      "if-match": "*",
      ...(given === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(given === undefined ? {} : { payload: given }),
  });
  return { status: response.statusCode, text: response.body.slice(0, 300) };
}

const own = (mine: SampledProject): Names =>
  Object.fromEntries(Object.entries(mine.samples).map(([name, values]) => [name, values[0] ?? ""]));

/** With one of the names a foreign one, in each way that it can be said, and with all of them foreign. */
function mixes(operation: Operation, mine: SampledProject): Names[] {
  const params = paramsOf(operation).filter((name) => name !== "project" && !IN_MEMORY.has(name));
  const base = { ...own(mine), project: mine.id };
  const single = params.flatMap((name) => (foreign.samples[name] ?? []).map((value) => ({ ...base, [name]: value })));
  const all = params.length > 1 ? [{ ...base, ...own(foreign), project: mine.id }] : [];
  return [...single, ...all];
}

/** The worker made the task, so that it may change it. */
async function keysOf(mine: SampledProject): Promise<Keys> {
  const keys = await makeKeys(hub, mine);
  await hub.database.sql.query(
    "update tasks set source_session_id = (select id from sessions where token_hash = $1) where project_id = $2",
    [secretHash(keys.worker), mine.id],
  );
  return keys;
}

test("every parameter behind a project has a row that a foreign project can be tried with", () => {
  const unlisted = inProject.flatMap((operation) =>
    paramsOf(operation)
      .filter((name) => name !== "project" && !IN_MEMORY.has(name) && !foreign.samples[name]?.[0])
      .map((name) => `${operation.id} :${name}`),
  );
  expect(unlisted).toEqual([]);
});

test("behind one's own project in the path, what belongs to a foreign one is not found and stays as it is", async () => {
  const mine = await makeSampledProject(hub);
  const keys = await keysOf(mine);
  const before = await everyRow(hub, foreign.ids);
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of inProject) {
    const body = operation.body && exampleOf(operation.body, "input");
    for (const names of mixes(operation, mine)) {
      for (const role of ROLES.filter((role) => mayCall({ role }, operation))) {
        const { status, text } = await call({ operation, names, body: body ?? {} }, keys[role]);
        tried += 1;
        if (status !== 404) wrong.push(`${operation.id} as ${role}: ${status} ${text}`);
      }
    }
  }
  console.info(`${tried} calls with a foreign row behind one's own project tried`);
  expect(wrong).toEqual([]);
  expect(await everyRow(hub, foreign.ids)).toEqual(before);
});

test("the same rows are found by whoever they belong to, so that a foreign one is refused for being foreign", async () => {
  const wrong: string[] = [];
  let tried = 0;
  for (const operation of inProject.filter(({ door }) => door === "people")) {
    const params = paramsOf(operation).filter((name) => name !== "project" && !IN_MEMORY.has(name));
    if (params.length === 0) continue;
    const mine = await makeSampledProject(hub);
    const owner = await addPerson(hub, "viewer", { project: mine.id, role: "owner" });
    const names = { ...own(mine), project: mine.id };
    const [field] = referencesIn(operation);
    const example = operation.body && exampleOf(operation.body, "input");
    const body = field ? bodyWith(operation, field, mine.samples[field.name]?.[0] ?? "") : example;
    const { status, text } = await call({ operation, names, body: body ?? {} }, owner);
    tried += 1;
    if (status === 404) wrong.push(`${operation.id}: ${status} ${text}`);
  }
  console.info(`${tried} operations on one's own rows tried`);
  expect(wrong).toEqual([]);
});

interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  format?: string;
  type?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
}

/** A field that can hold a string, as the way to it; `[]` for a list. */
interface Field {
  way: readonly string[];
  name: string;
  isUuid: boolean;
}

function fieldsOf(body: z.ZodType): Field[] {
  const document = z.toJSONSchema(body, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const found = new Map<string, Field>();
  const walk = (schema: JsonSchema, way: readonly string[]): void => {
    if (way.length > 8) return;
    if (schema.$ref) walk(document.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {}, way);
    for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) walk(choice, way);
    for (const [name, field] of Object.entries(schema.properties ?? {})) walk(field, [...way, name]);
    if (schema.items) walk(schema.items, [...way, "[]"]);
    if (schema.type !== "string") return;
    const name = way.findLast((step) => step !== "[]") ?? "";
    const known = found.get(way.join("."));
    found.set(way.join("."), { way, name, isUuid: schema.format === "uuid" || known?.isUuid === true });
  };
  walk(document, []);
  return [...found.values()];
}

/** What looks like a reference and is none to a row of a project, by how the way to it ends. */
const NO_REFERENCE: readonly (readonly [end: string, why: string])[] = [
  ["references.[].id", "a word of the one who wrote the spec"],
  ["contracts.[].key", "the contract's own name"],
  ["tasks.[].id", "a name within the file"],
  ["user_id", "people belong to the hub, and an owner may add any of them"],
];

const isReference = ({ name, way, isUuid }: Field): boolean =>
  (isUuid || /(^|_)ids?$/.test(name) || Object.hasOwn(foreign.samples, name)) &&
  !NO_REFERENCE.some(([end]) => way.join(".").endsWith(end));

const referencesIn = ({ body }: Operation): Field[] => (body ? fieldsOf(body).filter(isReference) : []);

/** Refused before anybody looks for what the body names. */
const REFUSED_BEFORE: Readonly<Record<string, number>> = {
  // Only a task that runs asks for help; a foreign target for one is tried where interventions are.
  agentHelpTask: 409,
};

function placed(base: unknown, [step, ...rest]: readonly string[], value: string): unknown {
  if (step === undefined) return value;
  if (step === "[]") {
    const [first] = Array.isArray(base) ? base : [];
    return [placed(first, rest, value)];
  }
  const object = typeof base === "object" && base !== null && !Array.isArray(base) ? base : {};
  return { ...object, [step]: placed((object as Record<string, unknown>)[step], rest, value) };
}

/** A body that the operation takes, with the value in the field; undefined when none was found. */
function bodyWith({ body }: Operation, { way }: Field, value: string): unknown {
  return [exampleOf(body, "input"), {}]
    .map((base) => placed(base, way, value))
    .find((candidate) => body.safeParse(candidate).success);
}

test("every field of a body that refers to something has a foreign row that it can be tried with", () => {
  const unlisted = inProject.flatMap((operation) =>
    referencesIn(operation)
      .filter((field) => bodyWith(operation, field, foreign.samples[field.name]?.[0] ?? "") === undefined)
      .map(({ way }) => `${operation.id} ${way.join(".")}`),
  );
  expect(unlisted).toEqual([]);
});

test("what a body names of a foreign project is not found there either, and stays as it is", async () => {
  const before = await everyRow(hub, foreign.ids);
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of inProject) {
    const fields = referencesIn(operation);
    if (fields.length === 0) continue;
    const mine = await makeSampledProject(hub);
    const keys = await keysOf(mine);
    const names = { ...own(mine), project: mine.id };
    for (const field of fields) {
      for (const value of foreign.samples[field.name] ?? []) {
        for (const role of ROLES.filter((role) => mayCall({ role }, operation))) {
          const body = bodyWith(operation, field, value);
          const { status, text } = await call({ operation, names, body }, keys[role]);
          tried += 1;
          if (status !== (REFUSED_BEFORE[operation.id] ?? 404))
            wrong.push(`${operation.id} ${field.way.join(".")} as ${role}: ${status} ${text}`);
        }
      }
    }
  }
  console.info(`${tried} calls with a foreign row in the body tried`);
  expect(wrong).toEqual([]);
  expect(await everyRow(hub, foreign.ids)).toEqual(before);
});
