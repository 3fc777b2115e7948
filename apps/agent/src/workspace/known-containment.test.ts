import { expect, test } from "vitest";
import { KnownContainment } from "./known-containment.ts";

test("what one commit holds is looked for once, in each repository", async () => {
  const asked: string[][] = [];
  const known = new KnownContainment(async (head, tip) => {
    asked.push([head, tip]);
    return head === "a";
  });
  const where = { cwd: "/", place: { GIT_DIR: "/", GIT_WORK_TREE: "/", GIT_INDEX_FILE: "/" } };
  for (const head of ["a", "b", "a", "b"]) {
    expect(await known.isContained("/one", head, "tip", where)).toBe(head === "a");
  }
  expect(asked).toEqual([
    ["a", "tip"],
    ["b", "tip"],
  ]);
  await known.isContained("/one", "a", "next tip", where);
  await known.isContained("/other", "a", "tip", where);
  expect(asked).toHaveLength(4);
});
