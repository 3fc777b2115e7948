import { expect, test } from "vitest";
import { projectOf } from "./task-queries.ts";

test("a key names its project, an id belongs to the chosen one", () => {
  expect(projectOf("DEMO-3", "chosen")).toBe("DEMO");
  expect(projectOf("A2-17", "chosen")).toBe("A2");
  expect(projectOf("0198c000-0000-7000-8000-000000000001", "chosen")).toBe("chosen");
});
