import * as people from "@orchestratia/protocol/operations/people-tasks";
import { expect, test } from "vitest";
import { startTestHub } from "./test-hub.ts";
import { refusalCode } from "./test-team.ts";
import { undeclaredProblems } from "./undeclared-problems.ts";

test("a problem that its operation does not declare is found in what the hub logged", () => {
  const logged = [
    { operation: "viewTask", code: "task_not_found" },
    { operation: "viewTask", code: "session_busy" },
    { operation: "viewTask", code: "session_busy" },
    { operation: "viewTask", code: "internal" },
    { operation: undefined, code: "not_found" },
    { msg: "ready" },
  ];
  expect(undeclaredProblems(logged)).toEqual(["viewTask: session_busy"]);
});

test("the hub logs which operation it refused, and with what", async () => {
  await using hub = await startTestHub();
  const project = await hub.project();
  const params = { project: project.key, task: "NONE-1" };
  expect(await refusalCode((await hub.admin()).call(people.viewTask, { params }))).toBe("task_not_found");
  expect(hub.logged).toContainEqual(expect.objectContaining({ operation: "viewTask", code: "task_not_found" }));
});
