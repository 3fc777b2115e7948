import { expect, test } from "vitest";
import {
  asEdited,
  changedFields,
  changesOf,
  conflictsOf,
  type Edited,
  mergeEdits,
  problemsOf,
  readLabels,
} from "./task-edit.ts";

const base: Edited = { title: "Saw it", spec: "Out of walnut.", priority: "normal", labels: "wood, shop" };

test("a task that was only looked at has no changes", () => {
  const read = asEdited({ title: "Saw it", spec: "Out of walnut.", priority: "normal", labels: ["wood", "shop"] });
  expect(read).toEqual(base);
  expect(changesOf(base, { ...read, labels: " wood,shop ,", title: "Saw it " })).toEqual({});
});

test("only what was changed is sent", () => {
  expect(changesOf(base, { ...base, title: " Saw them ", labels: "wood, wood, urgent" })).toEqual({
    title: "Saw them",
    labels: ["wood", "urgent"],
  });
  expect(changesOf(base, { ...base, priority: "high", spec: "Out of oak." })).toEqual({
    priority: "high",
    spec: "Out of oak.",
  });
});

test("labels can be taken away altogether", () => {
  expect(changesOf(base, { ...base, labels: " , " })).toEqual({ labels: [] });
  expect(readLabels("")).toEqual([]);
});

test("two who changed different fields do not contradict each other, and neither loses anything", () => {
  const mine = { ...base, title: "Saw them" };
  const theirs = { ...base, spec: "Out of oak." };
  expect(conflictsOf(base, mine, theirs)).toEqual([]);
  expect(mergeEdits(base, mine, theirs)).toEqual({ ...base, title: "Saw them", spec: "Out of oak." });
});

test("two who changed one field to different ends do, and mine is still there", () => {
  const mine = { ...base, spec: "Out of ash.", priority: "high" as const };
  const theirs = { ...base, spec: "Out of oak.", priority: "high" as const };
  expect(conflictsOf(base, mine, theirs)).toEqual(["spec"]);
  const merged = mergeEdits(base, mine, theirs);
  expect(merged.spec).toBe("Out of ash.");
  expect(changedFields(theirs, merged)).toEqual(["spec"]);
});

test("what cannot be stored is said before it is sent", () => {
  expect(problemsOf(base)).toEqual({});
  expect(problemsOf({ ...base, title: " ", spec: "" })).toEqual({
    title: expect.stringContaining("title"),
    spec: expect.stringContaining("worker"),
  });
  expect(problemsOf({ ...base, labels: "x".repeat(61) })).toHaveProperty("labels");
  const many = Array.from({ length: 51 }, (_, index) => `l${index}`).join(",");
  expect(problemsOf({ ...base, labels: many })).toHaveProperty("labels");
});
