import { StructuredSpec } from "@orchestratia/protocol/structured-spec";
import type { Task } from "@orchestratia/protocol/tasks";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The parts of a spec that the page knows how to show; undefined when there is none or it has another form. */
export function readSpec(task: Pick<Task, "structured_spec">): StructuredSpec | undefined {
  if (!task.structured_spec) return undefined;
  const parsed = StructuredSpec.safeParse(task.structured_spec);
  return parsed.success ? parsed.data : undefined;
}

type ContractOut = {
  key: string;
  description: string | undefined;
  required: boolean;
  schema: unknown;
  declared: boolean;
  /** Undefined until the worker has delivered it. */
  delivered: { value: unknown } | undefined;
};

/** What the task promised and what it delivered, declared ones first. */
export function contractsOut(task: Pick<Task, "structured_spec" | "result">): ContractOut[] {
  const declared = readSpec(task)?.expected_output?.contracts ?? [];
  const values = isRecord(task.result) && isRecord(task.result.contracts) ? task.result.contracts : {};
  const known = new Set(declared.map(({ key }) => key));
  return [
    ...declared.map(({ key, description, required, schema }) => ({
      key,
      description,
      required,
      schema,
      declared: true,
      delivered: Object.hasOwn(values, key) ? { value: values[key] } : undefined,
    })),
    ...Object.entries(values)
      .filter(([key]) => !known.has(key))
      .map(([key, value]) => ({
        key,
        description: undefined,
        required: false,
        schema: undefined,
        declared: false,
        delivered: { value },
      })),
  ];
}

type ResultParts = {
  summary: string | undefined;
  files: ReadonlyArray<{ change: "modified" | "created" | "deleted"; path: string }>;
  tests: { passed: number; failed: number; skipped: number } | undefined;
};

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

/** What a task-result/v1 says to a person. Any other value is shown as it is. */
export function resultParts(result: unknown): ResultParts {
  if (!isRecord(result))
    return { summary: typeof result === "string" ? result : undefined, files: [], tests: undefined };
  const changes = isRecord(result.changes) ? result.changes : {};
  const changed = (["modified", "created", "deleted"] as const).flatMap((change) =>
    strings(changes[`files_${change}`]).map((path) => ({ change, path })),
  );
  const { tests } = result;
  return {
    summary: typeof result.summary === "string" ? result.summary : undefined,
    files: changed,
    tests: isRecord(tests)
      ? { passed: count(tests.passed), failed: count(tests.failed), skipped: count(tests.skipped) }
      : undefined,
  };
}
