import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockedByFailed,
  countBlockers,
  DEPENDENCY_TYPES,
  type DependencyEdge,
  type DependencyType,
  findCycle,
  isBlocked,
  isGating,
  isResolvedBy,
  tasksInCircles,
  topologicalOrder,
} from "./dependency-graph.ts";
import { TASK_STATUSES, type TaskStatus } from "./task-lifecycle.ts";

/** "b>a" reads: b waits for a. */
const edge = (text: string, type: DependencyType = "blocks"): DependencyEdge => {
  const [taskId, dependsOn] = text.split(">") as [string, string];
  return { taskId, dependsOn, type };
};

describe("cycles", () => {
  test("the way round is named, each task waiting for the next", () => {
    expect(findCycle([edge("c>b"), edge("b>a")], edge("a>c"))).toEqual(["a", "c", "b", "a"]);
  });

  test("the shortest way round is the one named", () => {
    expect(findCycle([edge("d>c"), edge("c>b"), edge("b>a"), edge("d>a")], edge("a>d"))).toEqual(["a", "d", "a"]);
  });

  test("a task cannot wait for itself", () => {
    expect(findCycle([], edge("a>a"))).toEqual(["a", "a"]);
  });

  test("a related edge neither closes a cycle nor carries one", () => {
    expect(findCycle([edge("b>a")], edge("a>b", "related"))).toBeUndefined();
    expect(findCycle([edge("b>a", "related")], edge("a>b"))).toBeUndefined();
  });

  const graphs = fc.record({
    size: fc.integer({ min: 1, max: 8 }),
    pairs: fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.constantFrom(...DEPENDENCY_TYPES)), { maxLength: 24 }),
  });

  test("a cycle is found if and only if the new edge closes one, and the path is made of real edges", () => {
    let found = 0;
    fc.assert(
      fc.property(graphs, ({ size, pairs }) => {
        const edges: DependencyEdge[] = [];
        for (const [task, upstream, type] of pairs) {
          const added = { taskId: `t${task % size}`, dependsOn: `t${upstream % size}`, type };
          const path = findCycle(edges, added);
          const closes = isGating(type) && reaches(edges, added.dependsOn, added.taskId);
          expect(path !== undefined).toBe(closes);
          if (!path) {
            edges.push(added);
            continue;
          }
          found += 1;
          expect(path.slice(0, 2)).toEqual([added.taskId, added.dependsOn]);
          expect(path.at(-1)).toBe(added.taskId);
          for (const [at, id] of path.slice(0, -1).entries()) {
            const joins = (known: DependencyEdge) =>
              isGating(known.type) && known.taskId === id && known.dependsOn === path[at + 1];
            expect([...edges, added].some(joins)).toBe(true);
          }
        }
        expect(
          topologicalOrder(new Set(edges.flatMap((known) => [known.taskId, known.dependsOn])), edges),
        ).toBeDefined();
      }),
    );
    expect(found).toBeGreaterThan(0);
  });

  /** The slow, obvious way: relax until nothing changes. */
  function reaches(edges: DependencyEdge[], start: string, goal: string): boolean {
    const reached = new Set([start]);
    for (let round = 0; round <= edges.length; round++) {
      for (const { taskId, dependsOn, type } of edges) {
        if (isGating(type) && reached.has(taskId)) reached.add(dependsOn);
      }
    }
    return reached.has(goal);
  }
});

describe("blocking", () => {
  test("only unresolved gating edges count", () => {
    const edges = [
      { type: "blocks", resolved: false },
      { type: "input", resolved: false },
      { type: "order", resolved: true },
      { type: "related", resolved: false },
    ] as const;
    expect(countBlockers(edges)).toBe(2);
    expect(isBlocked({ blockers: 2 })).toBe(true);
    expect(isBlocked({ blockers: countBlockers([]) })).toBe(false);
  });

  test.each<[DependencyType, TaskStatus[]]>([
    ["blocks", ["done"]],
    ["input", ["done"]],
    ["order", ["done", "cancelled"]],
    ["related", []],
  ])("%s edges resolve when the upstream is in %j", (type, statuses) => {
    expect(TASK_STATUSES.filter((status) => isResolvedBy({ type }, { status, delivered: {} }))).toEqual(statuses);
  });

  test("an input edge waits for its key, also when the upstream is done, and for a valid value", () => {
    const wants = { type: "input", contractKey: "api" } as const;
    expect(isResolvedBy(wants, { status: "done", delivered: { other: 1 } })).toBe(false);
    expect(isResolvedBy(wants, { status: "done", delivered: { api: null } })).toBe(true);
    expect(isResolvedBy(wants, { status: "done", delivered: { api: null }, invalidKeys: ["api"] })).toBe(false);
  });

  test("an archived neighbour lets an order edge go, even a failed one", () => {
    expect(isResolvedBy({ type: "order" }, { status: "failed", delivered: {} })).toBe(false);
    expect(isResolvedBy({ type: "order" }, { status: "failed", archived: true, delivered: {} })).toBe(true);
  });
});

describe("blocked by a failure", () => {
  const open = (text: string, type: DependencyType = "blocks") => ({ ...edge(text, type), resolved: false });
  const tasks = (states: Record<string, TaskStatus>) => Object.entries(states).map(([id, status]) => ({ id, status }));

  test("it reaches down any number of edges, and only down", () => {
    const held = blockedByFailed(
      tasks({ up: "pending", bad: "failed", a: "assigned", b: "pending", c: "pending", free: "pending" }),
      [open("bad>up"), open("a>bad"), open("b>a"), open("c>b", "input"), open("free>up")],
    );
    expect(held).toEqual(new Set(["a", "b", "c"]));
  });

  test("a resolved edge, a related edge and a settled dependent pass nothing on", () => {
    const held = blockedByFailed(tasks({ bad: "cancelled", a: "pending", b: "pending", c: "done", d: "pending" }), [
      { ...open("a>bad"), resolved: true },
      open("b>bad", "related"),
      open("c>bad"),
      open("d>c"),
    ]);
    expect(held).toEqual(new Set());
  });
});

describe("topological order", () => {
  test("upstreams come first, otherwise the given order is kept", () => {
    const edges = [edge("a>c"), edge("b>a", "input"), edge("d>a", "related")];
    expect(topologicalOrder(["a", "b", "c", "d"], edges)).toEqual(["c", "d", "a", "b"]);
  });

  test("a cycle has no order, edges to unknown tasks do not matter", () => {
    expect(topologicalOrder(["a", "b"], [edge("a>b"), edge("b>a")])).toBeUndefined();
    expect(topologicalOrder(["a"], [edge("a>elsewhere")])).toEqual(["a"]);
  });
});

describe("tasks in circles", () => {
  test("are those that wait for themselves, not those before or behind them", () => {
    const edges = [edge("a>b"), edge("b>c", "input"), edge("c>a", "order"), edge("behind>a"), edge("c>before")];
    expect(tasksInCircles(edges).sort()).toEqual(["a", "b", "c"]);
  });

  test("related edges make none", () => {
    expect(tasksInCircles([edge("a>b"), edge("b>a", "related")])).toEqual([]);
  });
});
