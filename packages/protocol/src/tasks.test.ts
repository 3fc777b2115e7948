import { expect, test } from "vitest";
import { PipelineTask } from "./pipelines.ts";
import { StructuredSpec } from "./structured-spec.ts";
import { Assignment, NewTask, TaskChanges } from "./tasks.ts";

test("what a creator leaves out is decided here", () => {
  expect(NewTask.parse({ title: " T ", spec: "S" })).toEqual({
    title: "T",
    spec: "S",
    type: "feature",
    priority: "normal",
    labels: [],
    auto_assign: true,
  });
});

test("a change changes something, an assignment names a place", () => {
  expect(TaskChanges.safeParse({}).success).toBe(false);
  expect(TaskChanges.parse({ acceptance_criteria: null })).toEqual({ acceptance_criteria: null });
  expect(Assignment.safeParse({ require_plan: true }).success).toBe(false);
});

test("nobody adds an order edge by hand", () => {
  const task = { title: "T", spec: "S", dependencies: [{ depends_on_task_id: "DEMO-1", dependency_type: "order" }] };
  expect(NewTask.safeParse(task).success).toBe(false);
});

test("a pipeline's task names what it waits for in three ways", () => {
  const depends_on = ["schema", 0, { task: "DEMO-1", dependency_type: "input", contract_key: "k", alias: "a" }];
  expect(PipelineTask.parse({ title: "T", spec: "S", depends_on }).depends_on).toEqual(depends_on);
});

const withContracts = (contracts: object[]) => ({ expected_output: { contracts } });

test("what a structured spec says beyond what is known is kept", () => {
  const spec = {
    $schema: "orchestratia/task-spec/v1",
    mood: "calm",
    ...withContracts([{ key: "a", required: false, shape: 1 }]),
  };
  expect(StructuredSpec.parse(spec)).toEqual(spec);
});

test("a contract is required unless it says otherwise", () => {
  expect(StructuredSpec.parse(withContracts([{ key: "a" }]))).toEqual(withContracts([{ key: "a", required: true }]));
});

test.each([
  ["a key twice", withContracts([{ key: "a" }, { key: "a" }])],
  ["a key that JavaScript keeps for itself", withContracts([{ key: "__proto__" }])],
  ["a key that begins with a digit", withContracts([{ key: "1a" }])],
  ["a key that is too long", withContracts([{ key: "a".repeat(65) }])],
  ["another kind of document", { $schema: "orchestratia/task-spec/v2" }],
  ["more than 256 KiB", { mood: "x".repeat(256 * 1024) }],
])("a structured spec with %s is refused", (_, spec) => {
  expect(StructuredSpec.safeParse(spec).success).toBe(false);
});
