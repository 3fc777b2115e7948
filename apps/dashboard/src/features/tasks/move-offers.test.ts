import { movesOpenTo, TASK_MOVES, TASK_STATUSES } from "@orchestratia/domain/task-lifecycle";
import { expect, test } from "vitest";
import { MOVE_OFFERS, OFFERED_ELSEWHERE, offersOf, placesOf } from "./move-offers.ts";

const ofPeople = [
  ...new Set(TASK_MOVES.filter(({ actors }) => actors.some((actor) => actor === "user")).map(({ move }) => move)),
];

test("every move that a person may make has a button, or a named place of its own", () => {
  const offered = Object.keys(MOVE_OFFERS).filter((move) => move !== "archive" && move !== "unarchive");
  expect([...offered, ...OFFERED_ELSEWHERE].sort()).toEqual([...ofPeople].sort());
});

test.each(TASK_STATUSES)("whatever the hub lets a person do with a task that is %s is offered", (status) => {
  const moves = movesOpenTo({ status, resumeStatus: status === "needs_human" ? "running" : null }, ["user"]);
  const offered: readonly string[] = [...offersOf({ moves, status, archived_at: null }), ...OFFERED_ELSEWHERE];
  expect(moves.filter((move) => !offered.includes(move))).toEqual([]);
  expect(moves.length).toBeGreaterThan(0);
});

test("nothing is offered that the hub does not list", () => {
  expect(offersOf({ moves: [], status: "running", archived_at: null })).toEqual([]);
  expect(offersOf({ moves: ["cancel", "complete", "start"], status: "running", archived_at: null })).toEqual([
    "cancel",
  ]);
});

test("only what is settled can be archived, and what is archived can be shown again", () => {
  expect(offersOf({ moves: ["reopen"], status: "done", archived_at: null })).toEqual(["reopen", "archive"]);
  expect(offersOf({ moves: ["reopen"], status: "done", archived_at: "2026-01-05T12:00:00.000Z" })).toEqual([
    "reopen",
    "unarchive",
  ]);
});

test("what ends work or undoes what others rely on asks first", () => {
  for (const move of ["cancel", "fail", "requeue", "reopen"] as const) expect(MOVE_OFFERS[move].asks).toBeDefined();
});

test("whoever is asked for words is told what they are for", () => {
  for (const { asks, words } of Object.values(MOVE_OFFERS)) expect(asks === "words").toBe(words !== undefined);
});

test("what a person is waited for is in sight, what is seldom wanted in the menu", () => {
  expect(placesOf(["approve_plan", "revise_plan", "requeue", "cancel"])).toEqual({
    row: ["approve_plan", "revise_plan"],
    menu: ["requeue", "cancel"],
  });
});

test.each(TASK_STATUSES)("each move of a task that is %s has exactly one place", (status) => {
  const moves = movesOpenTo({ status, resumeStatus: status === "needs_human" ? "planning" : null }, ["user"]);
  const offers = offersOf({ moves, status, archived_at: null });
  const { row, menu } = placesOf(offers);
  expect([...row, ...menu].sort()).toEqual([...offers].sort());
});
