import { operations } from "@orchestratia/protocol/operations/all";
import spectralCore, { type RulesetDefinition } from "@stoplight/spectral-core";
import spectralRulesets from "@stoplight/spectral-rulesets";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

const { Spectral } = spectralCore;
const { oas } = spectralRulesets;

interface OperationObject {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean; schema: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown; example?: unknown }> };
  responses: Record<string, { description: string; content: Record<string, { schema: unknown; example?: unknown }> }>;
  security?: Record<string, string[]>[];
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

let hub: TestHub;
let document: Document;
beforeAll(async () => {
  hub = await startTestHub();
  document = (await (await hub.fetch("/api/openapi.json")).json()) as Document;
});
afterAll(() => hub[Symbol.asyncDispose]());

const pathOf = (path: string) => path.replaceAll(/:([a-z_]+)/g, "{$1}");
const described = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, it]) => ({ path, method, it })),
  );

test("the document is OpenAPI 3.1 and names every operation once, at its place", () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const expected = operations.map(({ id, method, path }) => `${id} ${method.toLowerCase()} ${pathOf(path)}`);
  expect(
    described()
      .map(({ path, method, it }) => `${it.operationId} ${method} ${path}`)
      .toSorted(),
  ).toEqual(expected.toSorted());
});

test("every reference leads somewhere, and only to plain names", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target ?? "");
  expect(references.length).toBeGreaterThan(50);
  for (const target of new Set(references)) {
    const name = target.replace("#/components/schemas/", "");
    expect(document.components.schemas, target).toHaveProperty([name]);
  }
  for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
});

test("what a path names is described as a required parameter, and a GET has no body", () => {
  for (const { path, method, it } of described()) {
    const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
    const given = (it.parameters ?? []).filter((parameter) => parameter.in === "path");
    expect(given.map(({ name }) => name).toSorted(), path).toEqual(named.toSorted());
    expect(
      given.every(({ required }) => required === true),
      path,
    ).toBe(true);
    if (method === "get") expect(it.requestBody, path).toBeUndefined();
  }
});

test("each operation says who may call it, what it answers and what it refuses", () => {
  for (const { it } of described()) {
    const operation = operations.find(({ id }) => id === it.operationId);
    if (operation?.redirects) {
      expect(Object.keys(it.responses), it.operationId).toEqual(["302"]);
      continue;
    }
    const type = operation?.streams ?? "application/json";
    expect(it.responses[operation?.status ?? 0]?.content, it.operationId).toHaveProperty([type]);
    expect(it.responses[500]?.content, it.operationId).toHaveProperty(["application/problem+json"]);
    for (const requirement of it.security ?? []) {
      for (const scheme of Object.keys(requirement)) expect(document.components.securitySchemes).toHaveProperty(scheme);
    }
    expect((it.security ?? []).length > 0, it.operationId).toBe(operation?.door !== "public");
  }
  expect(document.paths["/api/v1/servers/register"]?.post?.responses[401]?.description).toContain("token_used");
});

test("each body and each answer has an example that its schema accepts", () => {
  for (const { it } of described()) {
    const operation = operations.find(({ id }) => id === it.operationId);
    const body = it.requestBody?.content["application/json"];
    expect(body === undefined, it.operationId).toBe(operation?.body === undefined);
    if (body) expect(operation?.body.safeParse(body.example).error, it.operationId).toBeUndefined();
    if (operation?.streams || operation?.redirects) continue;
    const answer = it.responses[operation?.status ?? 0]?.content["application/json"];
    expect(answer, it.operationId).toHaveProperty("example");
    expect(operation?.response.safeParse(answer?.example).error, it.operationId).toBeUndefined();
  }
});

test("the page that shows it is there", async () => {
  const response = await hub.fetch("/api/docs/");
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("swagger-ui");
});

test("Spectral's rules for OpenAPI find nothing", async () => {
  const spectral = new Spectral();
  spectral.setRuleset({ extends: [oas as RulesetDefinition], rules: {} });
  const found = await spectral.run(document as unknown as Record<string, unknown>);
  expect(found.map(({ code, path, message }) => `${code} at ${path.join("/")}: ${message}`)).toEqual([]);
});

test("what can be answered line by line says what a line is", () => {
  const declared = operations.filter(({ lines }) => lines).map(({ id }) => id);
  const ndjson = "application/x-ndjson";
  const told = described().filter(({ it }) => it.responses[200]?.content?.[ndjson]);
  expect(told.map(({ it }) => it.operationId)).toEqual(declared);
  expect(declared).toContain("agentRemoteExec");
  for (const { it } of told)
    expect(Object.keys(it.responses[200]?.content ?? {})).toEqual(["application/json", ndjson]);
  expect(document.components.schemas.RemoteLine).toMatchObject({ properties: { exit_code: {}, problem: {} } });
});
