import { expect, test } from "vitest";
import { mostTasks, readTaskLimit } from "./task-limit.ts";

test("a whole number is the limit, nothing leaves it to the daemon", () => {
  expect(readTaskLimit(" 12 ")).toEqual({ limit: 12 });
  expect(readTaskLimit("0")).toEqual({ limit: 0 });
  expect(readTaskLimit(`${mostTasks}`)).toEqual({ limit: mostTasks });
  expect(readTaskLimit("  ")).toEqual({ limit: null });
});

test.each(["-1", "1.5", "1e3", "four", `${mostTasks + 1}`])("%s is refused with what may be entered", (text) => {
  expect(readTaskLimit(text)).toEqual({ error: expect.stringContaining("from 0 to 1000") });
});
