import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import type { TaskDiff } from "@orchestratia/protocol/operations/workspaces";
import type { Task } from "@orchestratia/protocol/tasks";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { diffQuery } from "../diffs/diff-queries.ts";
import { createFactReader } from "./fact-reader.ts";

const started = (position: number): DashboardFrame => ({
  type: "task_event",
  event_type: "task.started",
  task_id: "t1",
  project_id: "p1",
  position,
  at: "2030-01-01T00:00:00.000Z",
  actor: { type: "session", id: "s1", name: "worker-1" },
  details: { from: "assigned", to: "running", key: "APP-1", title: "Build" },
});

test("a move is shown at once wherever the task is, and nowhere else", () => {
  const queries = new QueryClient();
  queries.setQueryData(
    ["tasks", "p1"],
    [
      { id: "t1", status: "assigned" },
      { id: "t2", status: "assigned" },
    ],
  );
  queries.setQueryData(["task", "APP", "APP-1"], { id: "t1", status: "assigned" });
  queries.setQueryData(["demo"], { tasks: [{ id: "t1", status: "assigned" }] });
  const reader = createFactReader(queries);
  reader.read(started(7));
  reader.stop();
  expect(queries.getQueryData(["tasks", "p1"])).toEqual([
    { id: "t1", status: "running" },
    { id: "t2", status: "assigned" },
  ]);
  expect(queries.getQueryData(["task", "APP", "APP-1"])).toEqual({ id: "t1", status: "running" });
  expect(queries.getQueryData(["demo"])).toEqual({ tasks: [{ id: "t1", status: "running" }] });
});

test("a fact that comes over two topics, or late, stands once and in its place in the feeds", () => {
  const queries = new QueryClient();
  queries.setQueryData(["activity", "p1", "all"], []);
  queries.setQueryData(["activity", "p1", "t1"], []);
  const reader = createFactReader(queries);
  for (const position of [7, 9, 7, 8]) reader.read(started(position));
  reader.stop();
  const positions = (task: string) =>
    queries.getQueryData<{ position: number }[]>(["activity", "p1", task])?.map(({ position }) => position);
  expect(positions("all")).toEqual([9, 8, 7]);
  expect(positions("t1")).toEqual([9, 8, 7]);
});

test("a burst of facts reads what is on screen again once", async () => {
  const queries = new QueryClient();
  let reads = 0;
  const observer = new QueryObserver(queries, {
    queryKey: ["counts", "p1"],
    queryFn: () => ++reads,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const leave = observer.subscribe(() => undefined);
  await vi.waitFor(() => expect(reads).toBe(1));
  const reader = createFactReader(queries);
  for (let position = 1; position <= 50; position++) reader.read(started(position));
  await vi.waitFor(() => expect(reads).toBe(2));
  leave();
  reader.stop();
});

test("a diff that was kept is read again for each round, the one of a checkout only on request", async () => {
  const queries = new QueryClient();
  const task = { project_id: "p1", id: "t1", epoch: 1 } as Task;
  const kept = diffQuery({ ...task, status: "review" }).queryKey;
  const live = diffQuery({ ...task, status: "running" }).queryKey;
  const diff = { source: "completion" } as TaskDiff;
  for (const key of [kept, live]) queries.setQueryData(key, diff);
  const reader = createFactReader(queries);
  reader.read(started(7));
  await vi.waitFor(() => expect(queries.getQueryState(kept)?.isInvalidated).toBe(true));
  expect(queries.getQueryState(live)?.isInvalidated).toBe(false);
  reader.stop();
});

test("after a gap everything on screen is read again", async () => {
  const queries = new QueryClient();
  queries.setQueryData(["servers", "p1"], []);
  const reader = createFactReader(queries);
  reader.read({ type: "caught_up", topic: "project:p1", position: 12 });
  await vi.waitFor(() => expect(queries.getQueryState(["servers", "p1"])?.isInvalidated).toBe(true));
  reader.stop();
});
