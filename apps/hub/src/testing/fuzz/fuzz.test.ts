import type { HubClient } from "@orchestratia/client/http";
import type { Operation } from "@orchestratia/protocol/operation";
import { operations } from "@orchestratia/protocol/operations/all";
import { me } from "@orchestratia/protocol/operations/people";
import { problemCode, problems } from "@orchestratia/protocol/problems";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { openTestTeam, type TestAgent, type TestTeam } from "../test-team.ts";
import { type JsonSchema, SchemaValues } from "./schema-values.ts";

/** Another seed finds other things: FUZZ_SEED=… FUZZ_RUNS=… node scripts/test.mjs --only unit. */
const SEED = Number(process.env.FUZZ_SEED ?? 20261121);
const RUNS = Number(process.env.FUZZ_RUNS ?? 40);

let hub: TestHub;
let team: TestTeam;
let worker: TestAgent;
let orchestrator: TestAgent;
let authorization: string;
let person: Record<string, string>;
const known = new Map<string, unknown[]>();

beforeAll(async () => {
  hub = await startTestHub();
  const admin: HubClient = await hub.admin();
  // The token of the hub's machine cannot be signed out by what is tried here.
  authorization = (await hub.systemHeaders()).authorization;
  // The only admin can be neither demoted nor deactivated.
  person = await hub.adminHeaders();
  known.set("user", [(await admin.call(me)).user.id]);
  team = await openTestTeam({ url: hub.url, admin });
  worker = await team.startAgent("worker");
  orchestrator = await team.startAgent("orchestrator");
  const tasks = [await team.addTask(), await team.addTask(), await team.addTask({ type: "epic" })];
  const ids = tasks.map(({ id }) => id);
  const keys = tasks.map(({ key }) => key);
  known.set("project", [team.project, team.key]);
  for (const name of ["task", "task_id", "depends_on_task_id", "upstream", "parent_id", "parent"])
    known.set(name, [...ids, ...keys]);
  for (const name of ["session", "session_id"]) known.set(name, [worker.id, orchestrator.id]);
  for (const name of ["server", "server_id"]) known.set(name, [team.daemon.serverId]);
  known.set("session_name", [worker.name, orchestrator.name]);
  // The daemon is gone: nothing that is tried waits for its answer.
  await team[Symbol.asyncDispose]();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Answered by a stream that does not end. */
const STREAMS = new Set(["streamEvents"]);
const tried = operations.filter(({ id }) => !STREAMS.has(id));

let requests = 0;
let accepted = 0;

test.each(tried.map((operation) => [operation.id, operation] as const))(
  "%s bears whatever is sent",
  async (_id, operation) => {
    const faults = new Map<string, object>();
    for (const [index, request] of requestsFor(operation).entries()) {
      const { fault, ...answer } = await send(operation, request, index);
      if (fault !== undefined && !faults.has(fault)) faults.set(fault, { ...request, ...answer });
    }
    expect(Object.fromEntries(faults), `seed ${SEED}`).toEqual({});
  },
);

test("a good part of what was sent got through, so that more than the edge was tried", () => {
  process.stdout.write(`fuzz: seed ${SEED}, ${requests} requests, ${accepted} of them accepted\n`);
  expect(requests).toBe(tried.length * RUNS);
  expect(accepted / requests).toBeGreaterThan(0.1);
});

interface Request {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  body: unknown;
}

function requestsFor(operation: Operation): Request[] {
  const part = (schema: z.ZodType | undefined, otherwise: unknown) => {
    if (schema === undefined) return fc.constant(otherwise);
    const json = jsonSchemaOf(schema, "input");
    return new SchemaValues(json.$defs ?? {}, (name) => known.get(name) ?? []).of(json);
  };
  const whole = fc.record({
    params: part(operation.params, {}),
    query: part(operation.query, {}),
    body: part(operation.body, undefined),
  });
  return fc.sample(whole as fc.Arbitrary<Request>, { seed: SEED, numRuns: RUNS });
}

async function send(operation: Operation, { params, query, body }: Request, index: number) {
  requests += 1;
  const path = operation.path.replaceAll(/:(\w+)/g, (_all, name) =>
    encodeURIComponent(wellFormed(String((params as Record<string, unknown> | null)?.[name] ?? "x"))),
  );
  const search = new URLSearchParams(
    Object.entries(Object(query) as object).map(([name, value]) => [name, wellFormed(String(value))]),
  );
  const response = await hub.hub.app.inject({
    method: operation.method,
    url: `${path}?${search}`,
    headers: {
      ...credentials(operation, index),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return {
    path,
    status: response.statusCode,
    answer: response.body.slice(0, 2_000),
    fault: faultOf(operation, body, response),
  };
}

function credentials(operation: Operation, index: number): Record<string, string> {
  if (operation.access === "person" || operation.access === "sign_in") return person;
  if (operation.door === "people") return { authorization };
  if (operation.door === "daemons") return { "x-api-key": team.daemon.apiKey };
  const agents = [worker.token, orchestrator.token, team.daemon.apiKey];
  return operation.door === "agents" ? { "x-api-key": agents[index % agents.length] as string } : {};
}

/** What the hub did wrong; undefined when it did nothing wrong. */
function faultOf(
  operation: Operation,
  body: unknown,
  { statusCode, body: text, headers }: { statusCode: number; body: string; headers: { location?: unknown } },
) {
  if (statusCode >= 500) return "a 5xx";
  if (operation.redirects) {
    if (statusCode !== operation.status) return `the status ${statusCode} instead of being sent on`;
    return /^\/(?![/\\])/.test(String(headers.location)) ? undefined : "sent to somewhere else";
  }
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return "an answer that is not JSON";
  }
  if (statusCode >= 400) return problemFault(operation, statusCode, answer);
  if (statusCode !== operation.status) return `the status ${statusCode} for a success`;
  accepted += 1;
  if (operation.body && body !== undefined && !isValid(operation.body, "input", body ?? {}))
    return "an invalid body was accepted";
  return isValid(operation.response, "output", answer) ? undefined : "the answer is not what its schema says";
}

function problemFault({ id, method, path }: Operation, status: number, answer: unknown): string | undefined {
  const code = problemCode(answer);
  if (code === undefined || problems[code].status !== status) return "a refusal that is no problem document";
  if (typeof (answer as { detail?: unknown }).detail !== "string") return "a problem without a detail";
  const document = hub.hub.app.swagger() as unknown as {
    paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  };
  const described = document.paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()]?.responses[status];
  return described?.description.includes(`\`${code}\``)
    ? undefined
    : `${id} does not say that it may refuse with ${code}`;
}

// Formats are left to zod; the shapes are judged by a second implementation.
const ajv = new Ajv2020({ strict: false, validateFormats: false });

function isValid(schema: z.ZodType, io: "input" | "output", value: unknown): boolean {
  return validatorOf(schema, io)(value) === true;
}

const validators = new Map<z.ZodType, ReturnType<typeof ajv.compile>>();
function validatorOf(schema: z.ZodType, io: "input" | "output") {
  const made = validators.get(schema) ?? ajv.compile(jsonSchemaOf(schema, io));
  validators.set(schema, made);
  return made;
}

const jsonSchemaOf = (schema: z.ZodType, io: "input" | "output"): JsonSchema =>
  z.toJSONSchema(schema, { io, unrepresentable: "any" }) as JsonSchema;

/** An address cannot hold half a character. */
const wellFormed = (value: string): string => Buffer.from(value).toString();
