import { describe, expect, test } from "vitest";
import { z } from "zod";
import { problems } from "../problems.ts";
import { operations } from "./all.ts";

const named = operations.map((operation) => [operation.id, operation] as const);
const parametersOf = (path: string) => [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name);
const keysOf = (schema: z.ZodType | undefined) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);

test("ids are unique", () => {
  const ids = operations.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("no two operations share method and path, whatever their parameters are called", () => {
  const lines = operations.map(({ method, path }) => `${method} ${path.replaceAll(/:[a-z_]+/g, ":")}`);
  expect(new Set(lines).size).toBe(lines.length);
});

describe.each(named)("%s", (_, operation) => {
  test("says who it is for, under a name and a tag that read well", () => {
    expect(operation.id).toMatch(/^[a-z][A-Za-z]+$/);
    expect(operation.tag).toMatch(/^[a-z][a-z ]+$/);
    expect(operation.summary).toMatch(/^[A-Z].{5,150}[^.]$/);
  });

  test("stands below its door's base", () => {
    const bases = {
      public: /^\/api\/v1\//,
      people: /^\/api\/v1\/(?!servers?\/)/,
      daemons: /^\/api\/v1\/servers?\//,
      agents: /^\/api\/v1\/server\//,
    };
    expect(operation.path).toMatch(bases[operation.door]);
    expect(operation.path).toMatch(/^(\/(:[a-z_]+|[a-z0-9]+(-[a-z0-9]+)*))+$/);
  });

  test("declares exactly the parameters that its path has", () => {
    expect(keysOf(operation.params).sort()).toEqual(parametersOf(operation.path).sort());
  });

  test("takes a body only where HTTP gives one a meaning", () => {
    if (operation.method === "GET" || operation.method === "DELETE") expect(operation.body).toBeUndefined();
    if (operation.body === undefined) expect(operation.bodyLimit).toBeUndefined();
  });

  test("says 201 only of what a POST made", () => {
    if (operation.status === 201) expect(operation.method).toBe("POST");
  });

  test("says so when a POST answers with something that is shown once", () => {
    if (operation.method !== "POST" || operation.door === "public") return;
    const shown = keysOf(operation.response).filter((key) => /^(token|api_key|secret|link|url)$/.test(key));
    if (shown.length > 0) expect(operation.answersSecret, shown.join(", ")).toBe(true);
  });

  test("lets in somebody who can come to its door", () => {
    const levels = {
      public: ["anyone"],
      people: ["signed_in", "person", "sign_in", "viewer", "member", "owner", "admin"],
      daemons: ["server"],
      agents: ["worker", "orchestrator"],
    };
    expect(levels[operation.door]).toContain(operation.access);
    const namesProject = operation.project !== undefined || operation.path.includes("/:project");
    if (["viewer", "member", "owner"].includes(operation.access)) expect(namesProject).toBe(true);
  });

  test("names each of its problems once", () => {
    expect(operation.problems.filter((code) => !(code in problems))).toEqual([]);
    expect(new Set(operation.problems).size).toBe(operation.problems.length);
  });

  test("answers a missing parameter with its own kind of not found", () => {
    const expected: Record<string, string> = {
      task: "task_not_found",
      session: "session_not_found",
      intervention: "intervention_not_found",
    };
    for (const name of parametersOf(operation.path)) {
      const code = expected[name ?? ""];
      if (code !== undefined) expect(operation.problems).toContain(code);
    }
  });

  test("can be written down in OpenAPI", () => {
    for (const [schema, io] of [
      [operation.params, "input"],
      [operation.query, "input"],
      [operation.body, "input"],
      [operation.response, "output"],
    ] as const) {
      if (schema) expect(() => z.toJSONSchema(schema, { io })).not.toThrow();
    }
  });
});
