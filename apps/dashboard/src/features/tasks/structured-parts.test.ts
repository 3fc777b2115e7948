import { expect, test } from "vitest";
import { contractsOut, readSpec, resultParts } from "./structured-parts.ts";

const structured_spec = {
  $schema: "orchestratia/task-spec/v1",
  expected_output: {
    contracts: [
      { key: "api_schema", schema: { type: "object" } },
      { key: "notes", required: false },
    ],
  },
};

test("a promised contract stands there before it is delivered", () => {
  const contracts = contractsOut({ structured_spec, result: null });
  expect(contracts.map(({ key, required, delivered }) => [key, required, delivered])).toEqual([
    ["api_schema", true, undefined],
    ["notes", false, undefined],
  ]);
});

test("a delivered null counts as delivered, and an undeclared extra is listed last", () => {
  const contracts = contractsOut({ structured_spec, result: { contracts: { extra: 1, api_schema: null } } });
  expect(contracts.map(({ key, declared, delivered }) => [key, declared, delivered])).toEqual([
    ["api_schema", true, { value: null }],
    ["notes", true, undefined],
    ["extra", false, { value: 1 }],
  ]);
});

test("a contract called like an inherited property is not taken for delivered", () => {
  const spec = { expected_output: { contracts: [{ key: "toString" }] } };
  expect(contractsOut({ structured_spec: spec, result: { contracts: {} } })[0]?.delivered).toBeUndefined();
});

test("a spec of another form is not shown in parts", () => {
  expect(readSpec({ structured_spec: { expected_output: { contracts: "many" } } })).toBeUndefined();
});

test("a result is read as far as it is understood", () => {
  expect(resultParts("done")).toEqual({ summary: "done", files: [], tests: undefined });
  expect(resultParts([1])).toEqual({ summary: undefined, files: [], tests: undefined });
  const result = { summary: "Built", changes: { files_created: ["a.ts", 7] }, tests: { passed: 3 } };
  expect(resultParts(result)).toEqual({
    summary: "Built",
    files: [{ change: "created", path: "a.ts" }],
    tests: { passed: 3, failed: 0, skipped: 0 },
  });
});
