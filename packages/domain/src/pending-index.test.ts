import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextByScan, PendingIndex } from "./pending-index.ts";
import { AGEING_MS, comparePending, PendingQueue, type PendingTask } from "./pending-queue.ts";
import { TASK_PRIORITIES, type TaskPriority } from "./task-lifecycle.ts";

// Left to itself `subarray` hardly ever draws the empty one, which is the commonest requirement.
const some = (...values: string[]) => fc.oneof(fc.constant<string[]>([]), fc.subarray(values));
const capabilities = fc.record({
  repos: some("r1", "R2"),
  languages: some("go", "TS"),
  environments: some("linux", "gpu"),
  tools: some("git"),
  tags: some("fast"),
});
const ids = fc.integer({ min: 0, max: 30 }).map((number) => `id${number}`);
const tasks: fc.Arbitrary<PendingTask> = fc.record({
  id: ids,
  priority: fc.constantFrom(...TASK_PRIORITIES),
  // Steps of half an hour, so that a head start by priority and one by age often tie.
  eligibleAt: fc.integer({ min: 0, max: 5 }).map((steps) => steps * AGEING_MS),
  requirements: fc.record(
    {
      repo: fc.constantFrom("r1", "r2", "R1"),
      languages: some("go", "ts"),
      environments: some("Linux", "gpu"),
      tools: some("git"),
      tags: some("fast"),
    },
    { requiredKeys: ["languages", "environments", "tools", "tags"] },
  ),
});

test("after any changes the next task is the one an exhaustive scan finds", () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(tasks, fc.boolean(), capabilities), { maxLength: 60 }), (steps) => {
      const index = new PendingIndex();
      const model = new Map<string, PendingTask>();
      for (const [task, add, server] of steps) {
        if (add) {
          index.add(task);
          model.set(task.id, task);
        } else {
          index.remove(task.id);
          model.delete(task.id);
        }
        const next = nextByScan(model.values(), server);
        if (next) found += 1;
        expect(index.bestFor(server)).toEqual(next);
        expect(index.size).toBe(model.size);
        expect(index.has(task.id)).toBe(add);
      }
    }),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(0);
});

test("tasks leave in order, whatever order they came in", () => {
  const waiting = fc.uniqueArray(tasks, { maxLength: 30, selector: ({ id }) => id });
  fc.assert(
    fc.property(waiting, (all) => {
      const index = new PendingIndex();
      const server = {
        repos: ["r1", "r2"],
        languages: ["go", "ts"],
        environments: ["linux", "gpu"],
        tools: [],
        tags: [],
      };
      for (const task of all) index.add(task);
      const left: string[] = [];
      for (let next = index.bestFor(server); next; next = index.bestFor(server)) {
        left.push(next.id);
        index.remove(next.id);
      }
      expect(left).toEqual([...all].sort(comparePending).map(({ id }) => id));
    }),
  );
});

test("a queue's head is its first task, also after tasks left from the middle", () => {
  const key = fc.record({ id: fc.nat(200).map(String), eligibleAt: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(key, { minLength: 20, maxLength: 80 }), fc.infiniteStream(fc.nat()), (keys, picks) => {
      const queue = new PendingQueue();
      const left = new Map<string, PendingTask>();
      const requirements = { languages: [], environments: [], tools: [], tags: [] };
      for (const { id, eligibleAt } of keys) {
        const task: PendingTask = { id, eligibleAt, priority: "normal", requirements };
        queue.add(task);
        left.set(id, task);
      }
      while (left.size > 0) {
        expect(queue.size).toBe(left.size);
        expect(queue.head()).toEqual([...left.values()].sort(comparePending)[0]);
        const gone = [...left.keys()][(picks.next().value ?? 0) % left.size] as string;
        queue.remove(gone);
        left.delete(gone);
      }
      expect(queue.head()).toBeUndefined();
    }),
  );
});

describe("order", () => {
  const task = (id: string, priority: TaskPriority, eligibleAt: number) => ({ id, priority, eligibleAt });

  test.each([
    ["the higher priority of two that came together", task("b", "high", 0), task("a", "normal", 0)],
    ["the older of two with one priority", task("b", "normal", 0), task("a", "normal", 1)],
    [
      "a task one level lower, once it waited longer than half an hour more",
      task("b", "low", 0),
      task("a", "normal", AGEING_MS + 1),
    ],
    [
      "a task one level higher, while the other waited less than that",
      task("b", "normal", AGEING_MS - 1),
      task("a", "low", 0),
    ],
    ["the higher priority, when age makes up for it exactly", task("b", "normal", AGEING_MS), task("a", "low", 0)],
    [
      "a low one before any critical one that comes an hour and a half later",
      task("b", "low", 0),
      task("a", "critical", 3 * AGEING_MS + 1),
    ],
    ["the id, when nothing else differs", task("a", "low", 0), task("b", "low", 0)],
  ])("first comes %s", (_title, first, second) => {
    expect(comparePending(first, second)).toBeLessThan(0);
    expect(comparePending(second, first)).toBeGreaterThan(0);
    expect(comparePending(first, first)).toBe(0);
  });
});
