import { expect, test } from "vitest";
import { Problem, type ProblemCode, problemCode, problems } from "./problems.ts";

const codes = Object.keys(problems) as ProblemCode[];

test.each(codes)("%s has an error status and a title for people", (code) => {
  const { status, title } = problems[code];
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect([400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503, 504]).toContain(status);
  expect(title).toMatch(/^[A-Z].{5,80}[^.]$/);
});

test("a problem becomes its document and is recognised from it", () => {
  const problem = new Problem("task_wrong_status", "DEMO-3 is done.", { current: "done", allowed: ["reopen"] });
  const document = problem.toDocument("/api/v1/server/tasks/DEMO-3/start");
  expect(document).toEqual({
    type: "urn:orchestratia:problem:task_wrong_status",
    title: "The task cannot make that move now",
    status: 409,
    detail: "DEMO-3 is done.",
    instance: "/api/v1/server/tasks/DEMO-3/start",
    current: "done",
    allowed: ["reopen"],
  });
  expect(problemCode(JSON.parse(JSON.stringify(document)))).toBe("task_wrong_status");
});

test("without words of its own a problem says its title", () => {
  expect(new Problem("forbidden").toDocument()).toMatchObject({ detail: "You may not do this", status: 403 });
});

test("members cannot hide what every problem has", () => {
  const document = new Problem("not_found", "Nothing.", {
    status: 200,
    type: "x",
    title: "x",
    detail: "x",
  }).toDocument();
  expect(document).toMatchObject({ status: 404, detail: "Nothing.", title: problems.not_found.title });
  expect(problemCode(document)).toBe("not_found");
});

test.each([
  undefined,
  null,
  "text",
  1,
  [],
  {},
  { type: 7 },
  { type: "about:blank" },
  { type: "urn:orchestratia:problem:nope" },
])("%j is no problem of ours", (document) => {
  expect(problemCode(document)).toBeUndefined();
});

test.each(["urn:orchestratia:problem:toString", "not_found", "https://example.org/not_found"])(
  "%s is no code",
  (type) => {
    expect(problemCode({ type })).toBeUndefined();
  },
);
