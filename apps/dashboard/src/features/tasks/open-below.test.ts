import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Task } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { countOpenBelow } from "./open-below.ts";

type Family = Record<string, [id: string, status: TaskStatus][]>;

const counts = { total: 1, settled: 0, done: 0 };
const named = (id: string) => id as Task["id"];

function below(families: Family) {
  const asked: string[] = [];
  const children = (id: string) => (families[id] ? counts : null);
  const count = countOpenBelow({ id: named("root"), children: children("root") }, async (id) => {
    asked.push(id);
    return (families[id] ?? []).map(([child, status]) => ({ id: named(child), status, children: children(child) }));
  });
  return { asked, count };
}

test("a task without children asks for none", async () => {
  const { asked, count } = below({});
  expect(await count).toEqual({ count: 0, isAll: true });
  expect(asked).toEqual([]);
});

test("what is open counts all the way down, under settled parents too", async () => {
  const { count } = below({
    root: [
      ["a", "running"],
      ["b", "done"],
    ],
    a: [["c", "pending"]],
    b: [
      ["d", "review"],
      ["e", "cancelled"],
    ],
  });
  expect(await count).toEqual({ count: 3, isAll: true });
});

test("a family without an end is given up, and the count says that it is not whole", async () => {
  const { asked, count } = below({ root: [["root", "pending"]] });
  expect(await count).toEqual({ count: 40, isAll: false });
  expect(asked).toHaveLength(40);
});
