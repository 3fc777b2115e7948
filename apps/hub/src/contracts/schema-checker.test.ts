import { expect, test } from "vitest";
import { SchemaChecker } from "./schema-checker.ts";

test("a value is held against its schema", async () => {
  await using schemas = new SchemaChecker();
  const schema = { type: "object", required: ["endpoints"], properties: { endpoints: { type: "array" } } };
  expect(await schemas.check(schema, { endpoints: [] })).toEqual([]);
  expect(await schemas.check(schema, { endpoints: 3 })).toEqual(["/endpoints must be array"]);
  expect(await schemas.check(schema, {})).toEqual(["/ must have required property 'endpoints'"]);
});

test("a schema that cannot be used says why", async () => {
  await using schemas = new SchemaChecker();
  expect(await schemas.checkSchema({ type: "objekt" })).toEqual([expect.stringContaining("the schema cannot be used")]);
  expect(await schemas.checkSchema({ $ref: "https://example.com/schema.json" })).toEqual([
    expect.stringContaining("can't resolve reference"),
  ]);
});

test("two schemas with one $id do not meet", async () => {
  await using schemas = new SchemaChecker();
  expect(await schemas.check({ $id: "https://example.com/x", type: "string" }, "a")).toEqual([]);
  expect(await schemas.check({ $id: "https://example.com/x", type: "number" }, 1)).toEqual([]);
});

test("a pattern that never ends is stopped, and the next question is answered", async () => {
  await using schemas = new SchemaChecker();
  const hostile = { type: "string", pattern: "^(a+)+$" };
  expect(await schemas.check(hostile, `${"a".repeat(40)}!`)).toEqual([
    "checking the schema took longer than 200 ms, twice",
  ]);
  expect(await schemas.check({ type: "string" }, "fine")).toEqual([]);
});

test("deep nesting is refused before it is walked", async () => {
  await using schemas = new SchemaChecker();
  let schema: Record<string, unknown> = {};
  for (let depth = 0; depth < 200; depth += 1) schema = { properties: { inner: schema } };
  expect(await schemas.checkSchema(schema)).toEqual(["the schema is nested deeper than 64 levels"]);
});
