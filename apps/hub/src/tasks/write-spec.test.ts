import { expect, test } from "vitest";
import { SchemaChecker } from "../contracts/schema-checker.ts";
import { inspectSpec } from "./write-spec.ts";

test("members that nothing reads are named, and those that are read are not", async () => {
  await using schemas = new SchemaChecker();
  const known = { $schema: "orchestratia/task-spec/v1", requirements: [], constraints: {}, expected_output: {} };
  expect(await inspectSpec(schemas, known)).toEqual([]);
  expect(await inspectSpec(schemas, { ...known, deadline: "soon", owner: null })).toEqual([
    "structured_spec.deadline is kept but nothing reads it.",
    "structured_spec.owner is kept but nothing reads it.",
  ]);
});

test("a schema that could never be met is refused with its key", async () => {
  await using schemas = new SchemaChecker();
  const spec = { expected_output: { contracts: [{ key: "api", schema: { type: "strnig" } }] } };
  await expect(inspectSpec(schemas, spec)).rejects.toMatchObject({
    code: "contract_schema_invalid",
    members: { key: "api" },
  });
});
