import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  actorsOf,
  capacityStatuses,
  decideMove,
  hasArrived,
  INITIAL_STATUS,
  isSettled,
  leaseStatuses,
  legalTransitions,
  MOVE_ACTORS,
  type MoveContext,
  type MovingTask,
  movesOpenTo,
  RESUME_STATUSES,
  TASK_MOVES,
  TASK_STATUSES,
  type TaskMove,
  type TaskStatus,
  takesCapacity,
} from "./task-lifecycle.ts";

const MOVES = [...new Set(TASK_MOVES.map(({ move }) => move))];

/** The moves that lead from `status` under some circumstances. */
const movesFrom = (status: TaskStatus): TaskMove[] => [
  ...new Set(TASK_MOVES.filter((row) => (row.from as readonly TaskStatus[]).includes(status)).map(({ move }) => move)),
];

const from = (status: TaskStatus, resumeStatus: TaskStatus | null = null): MovingTask => ({ status, resumeStatus });
const PLAN = { planRequired: true };
const REVIEW = { reviewRequired: true };
const LATE = { lateHolder: true };
const REAPER = { byReaper: true };
const STILL_OPEN = { workerInterventionOpen: true };

describe("every row of the lifecycle", () => {
  test.each<[MovingTask, TaskMove, MoveContext, TaskStatus, lease: string]>([
    [from("pending"), "assign", {}, "assigned", "none"],
    [from("assigned"), "assign", {}, "assigned", "none"],
    [from("assigned"), "unassign", {}, "pending", "none"],
    [from("assigned"), "start", {}, "running", "open"],
    [from("assigned"), "start", PLAN, "planning", "open"],
    [from("assigned"), "plan", PLAN, "planning", "open"],
    [from("planning"), "submit_plan", {}, "plan_review", "keep"],
    [from("plan_review"), "approve_plan", {}, "running", "keep"],
    [from("plan_review"), "revise_plan", {}, "planning", "keep"],
    [from("running"), "submit", {}, "review", "keep"],
    [from("running"), "complete", {}, "done", "close"],
    [from("running"), "complete", REVIEW, "review", "keep"],
    [from("pending"), "complete", LATE, "done", "close"],
    [from("assigned"), "complete", LATE, "done", "close"],
    [from("pending"), "complete", { ...LATE, ...REVIEW }, "review", "open"],
    [from("assigned"), "complete", { ...LATE, ...REVIEW }, "review", "open"],
    [from("planning"), "fail", {}, "failed", "close"],
    [from("running"), "fail", {}, "failed", "close"],
    [from("needs_human", "running"), "fail", {}, "failed", "close"],
    [from("assigned"), "fail", {}, "failed", "close"],
    [from("planning"), "help", {}, "needs_human", "keep"],
    [from("running"), "help", {}, "needs_human", "keep"],
    [from("needs_human", "planning"), "help", {}, "needs_human", "keep"],
    [from("needs_human", "planning"), "respond", {}, "planning", "keep"],
    [from("needs_human", "running"), "respond", {}, "running", "keep"],
    [from("needs_human", "running"), "respond", STILL_OPEN, "needs_human", "keep"],
    [from("needs_human", "running"), "expire", {}, "running", "keep"],
    [from("needs_human", "running"), "expire", STILL_OPEN, "needs_human", "keep"],
    [from("needs_human", "planning"), "start", {}, "planning", "keep"],
    [from("needs_human", "running"), "start", {}, "running", "keep"],
    [from("needs_human", "planning"), "submit_plan", {}, "plan_review", "keep"],
    [from("needs_human", "running"), "complete", {}, "done", "close"],
    [from("needs_human", "running"), "complete", REVIEW, "review", "keep"],
    [from("needs_human", "running"), "submit", {}, "review", "keep"],
    [from("review"), "approve", {}, "done", "close"],
    [from("review"), "request_changes", {}, "running", "keep"],
    [from("planning"), "requeue", REAPER, "pending", "release"],
    [from("running"), "requeue", REAPER, "pending", "release"],
    [from("needs_human", "running"), "requeue", REAPER, "pending", "release"],
    [from("plan_review"), "requeue", REAPER, "pending", "release"],
    [from("review"), "requeue", REAPER, "pending", "release"],
    [from("running"), "requeue", {}, "pending", "close"],
    [from("pending"), "cancel", {}, "cancelled", "close"],
    [from("assigned"), "cancel", {}, "cancelled", "close"],
    [from("planning"), "cancel", {}, "cancelled", "close"],
    [from("plan_review"), "cancel", {}, "cancelled", "close"],
    [from("running"), "cancel", {}, "cancelled", "close"],
    [from("review"), "cancel", {}, "cancelled", "close"],
    [from("needs_human", "running"), "cancel", {}, "cancelled", "close"],
    [from("pending"), "roll_up", {}, "done", "none"],
    [from("failed"), "retry", {}, "pending", "close"],
    [from("cancelled"), "retry", {}, "pending", "close"],
    [from("done"), "reopen", {}, "pending", "close"],
  ])("%j %s %j leads to %s, lease: %s", (task, move, context, to, lease) => {
    expect(decideMove(task, move, context)).toMatchObject({ ok: true, to, lease });
  });

  test.each<[TaskStatus, TaskMove[]]>([
    ["pending", ["assign", "complete", "cancel", "roll_up"]],
    ["assigned", ["assign", "unassign", "start", "plan", "complete", "fail", "cancel"]],
    ["planning", ["submit_plan", "fail", "help", "requeue", "cancel"]],
    ["plan_review", ["approve_plan", "revise_plan", "requeue", "cancel"]],
    ["running", ["submit", "complete", "fail", "help", "requeue", "cancel"]],
    ["review", ["approve", "request_changes", "requeue", "cancel"]],
    [
      "needs_human",
      ["start", "submit_plan", "submit", "complete", "fail", "help", "respond", "expire", "requeue", "cancel"],
    ],
    ["done", ["reopen"]],
    ["failed", ["retry"]],
    ["cancelled", ["retry"]],
  ])("from %s exactly these moves lead away: %j", (status, moves) => {
    expect(movesFrom(status)).toEqual(moves);
  });
});

describe("refusals", () => {
  test.each<[MovingTask, TaskMove, TaskMove[]]>([
    [from("pending"), "start", ["assign", "cancel", "roll_up"]],
    [from("pending"), "complete", ["assign", "cancel", "roll_up"]],
    [from("assigned"), "plan", ["assign", "unassign", "start", "fail", "cancel"]],
    [
      from("needs_human", "planning"),
      "complete",
      ["start", "submit_plan", "fail", "help", "respond", "expire", "requeue", "cancel"],
    ],
    [
      from("needs_human", "running"),
      "submit_plan",
      ["start", "submit", "complete", "fail", "help", "respond", "expire", "requeue", "cancel"],
    ],
    [from("done"), "cancel", ["reopen"]],
    [from("failed"), "complete", ["retry"]],
    [from("running"), "create", ["submit", "complete", "fail", "help", "requeue", "cancel"]],
  ])("%j refuses %s and names what it allows instead", (task, move, allowed) => {
    expect(decideMove(task, move)).toEqual({ ok: false, reason: "wrong_status", allowed });
  });

  test("a task in needs_human that forgot where it came from is not resumed to nowhere", () => {
    expect(decideMove(from("needs_human"), "respond")).toMatchObject({ ok: false });
    expect(decideMove(from("needs_human", "done"), "start")).toMatchObject({ ok: false });
  });
});

test("resume_status is set when help is first asked for and kept while more is asked", () => {
  expect(decideMove(from("planning"), "help")).toMatchObject({ resumeStatus: "planning" });
  expect(decideMove(from("needs_human", "planning"), "help")).toMatchObject({ resumeStatus: "planning" });
  expect(decideMove(from("needs_human", "planning"), "respond")).toMatchObject({ resumeStatus: null });
  expect(decideMove(from("needs_human", "running"), "cancel")).toMatchObject({ resumeStatus: null });
});

test("only requeue and retry start a new attempt", () => {
  const fresh = MOVES.filter((move) => TASK_MOVES.some((row) => row.move === move && "nextAttempt" in row));
  expect(fresh).toEqual(["requeue", "retry"]);
});

test("a plan is approved by people and trusted orchestrators, a review by people only", () => {
  expect(actorsOf("approve_plan", "plan_review")).toEqual(["user", "orchestrator"]);
  expect(actorsOf("approve", "review")).toEqual(["user"]);
  expect(actorsOf("complete", "running")).toEqual(["worker"]);
  expect(actorsOf("complete", "pending")).toEqual(["last_holder"]);
  expect(actorsOf("requeue", "running")).toEqual(["reaper", "user"]);
  expect(actorsOf("start", "done")).toEqual([]);
});

test("a repeated start, submit, complete or fail is known to have arrived", () => {
  expect(hasArrived("start", "running")).toBe(true);
  expect(hasArrived("complete", "done")).toBe(true);
  expect(hasArrived("fail", "failed")).toBe(true);
  expect(hasArrived("start", "done")).toBe(false);
  expect(hasArrived("cancel", "cancelled")).toBe(false);
});

test("a blocked assigned task takes no place on its server, every started one does", () => {
  expect(takesCapacity({ status: "assigned", blockers: 1 })).toBe(false);
  expect(capacityStatuses.filter((status) => !takesCapacity({ status, blockers: 0 }))).toEqual([]);
  expect(TASK_STATUSES.filter((status) => takesCapacity({ status, blockers: 0 }))).toHaveLength(
    capacityStatuses.length,
  );
});

const contexts = fc.record(
  {
    planRequired: fc.boolean(),
    reviewRequired: fc.boolean(),
    workerInterventionOpen: fc.boolean(),
    byReaper: fc.boolean(),
    lateHolder: fc.boolean(),
  },
  { requiredKeys: [] },
);

test("no sequence of moves leaves the table, and a lease is open exactly in the lease statuses", () => {
  const pairs = new Set(legalTransitions().map((pair) => `${pair.from} ${pair.to}`));
  fc.assert(
    fc.property(fc.array(fc.record({ pick: fc.nat(), context: contexts }), { maxLength: 60 }), (steps) => {
      let task = { status: INITIAL_STATUS as TaskStatus, resumeStatus: null as TaskStatus | null };
      let leaseOpen = false;
      for (const { pick, context } of steps) {
        const moves = movesFrom(task.status);
        const decision = decideMove(task, moves[pick % moves.length] as TaskMove, context);
        if (!decision.ok) {
          for (const move of decision.allowed) expect(decideMove(task, move, context).ok).toBe(true);
          continue;
        }
        expect(TASK_STATUSES).toContain(decision.to);
        expect(pairs).toContain(`${task.status} ${decision.to}`);
        if (decision.lease === "open") expect(leaseOpen).toBe(false);
        if (decision.lease === "keep") expect(leaseOpen).toBe(true);
        if (decision.lease === "open") leaseOpen = true;
        if (decision.lease === "close" || decision.lease === "release") leaseOpen = false;
        task = { status: decision.to, resumeStatus: decision.resumeStatus };
        expect(leaseOpen).toBe((leaseStatuses as readonly TaskStatus[]).includes(task.status));
        expect(task.resumeStatus !== null).toBe(task.status === "needs_human");
      }
    }),
  );
});

test("at most one row answers a move, whatever the circumstances", () => {
  const tasks = TASK_STATUSES.flatMap((status) =>
    status === "needs_human" ? RESUME_STATUSES.map((resume) => from(status, resume)) : [from(status)],
  );
  const facts = ["planRequired", "reviewRequired", "workerInterventionOpen", "byReaper", "lateHolder"] as const;
  for (let bits = 0; bits < 2 ** facts.length; bits++) {
    const context: MoveContext = Object.fromEntries(facts.map((fact, at) => [fact, (bits & (1 << at)) !== 0]));
    for (const task of tasks) {
      for (const move of MOVES) {
        const rows = TASK_MOVES.filter((row) => {
          const { phase, ...when }: MoveContext & { phase?: TaskStatus } = "when" in row ? row.when : {};
          return (
            row.move === move &&
            (row.from as readonly TaskStatus[]).includes(task.status) &&
            (!phase || phase === (task.resumeStatus ?? task.status)) &&
            Object.entries(when).every(([fact, value]) => context[fact as keyof MoveContext] === value)
          );
        });
        expect(rows.length).toBeLessThanOrEqual(1);
        expect(decideMove(task, move, context).ok).toBe(rows.length === 1);
      }
    }
  }
});

test("legal transitions name each pair once, with both ways out of needs_human, and leave settled only by retry and reopen", () => {
  const pairs = legalTransitions();
  expect(new Set(pairs.map((pair) => `${pair.from} ${pair.to}`)).size).toBe(pairs.length);
  expect(pairs).toContainEqual({ from: "needs_human", to: "planning" });
  expect(pairs).toContainEqual({ from: "needs_human", to: "running" });
  expect(pairs).not.toContainEqual({ from: "pending", to: "running" });
  expect(pairs.filter((pair) => isSettled(pair.from))).toEqual([
    { from: "done", to: "pending" },
    { from: "failed", to: "pending" },
    { from: "cancelled", to: "pending" },
  ]);
});

describe("the moves open to somebody", () => {
  test.each<[MovingTask, Parameters<typeof movesOpenTo>[1], TaskMove[]]>([
    [from("pending"), ["user"], ["assign", "cancel"]],
    [from("pending"), ["last_holder"], ["complete"]],
    [from("assigned"), ["worker"], ["start", "fail"]],
    [from("assigned"), ["user"], ["assign", "unassign", "cancel"]],
    [from("planning"), ["worker"], ["submit_plan", "fail", "help"]],
    [from("plan_review"), ["user"], ["approve_plan", "revise_plan", "requeue", "cancel"]],
    [from("plan_review"), ["orchestrator"], ["approve_plan", "revise_plan"]],
    [from("running"), ["worker"], ["submit", "complete", "fail", "help"]],
    [from("running"), ["worker", "creator"], ["submit", "complete", "fail", "help", "cancel"]],
    [from("needs_human", "planning"), ["worker"], ["start", "submit_plan", "fail", "help"]],
    [from("needs_human", "running"), ["worker"], ["start", "submit", "complete", "fail", "help"]],
    [from("needs_human", null), ["worker"], ["fail", "help"]],
    [from("review"), ["user"], ["approve", "request_changes", "requeue", "cancel"]],
    [from("done"), ["user"], ["reopen"]],
    [from("done"), ["worker", "creator", "agent"], []],
    [from("failed"), ["user"], ["retry"]],
    [from("running"), [], []],
  ])("from %j for %j: %j", (task, actors, moves) => {
    expect(movesOpenTo(task, actors)).toEqual(moves);
  });

  test("what somebody cannot fulfil is left out", () => {
    expect(movesOpenTo(from("assigned"), ["worker"], ["unblocked"])).toEqual(["fail"]);
    expect(movesOpenTo(from("pending"), ["user"], ["assignable"])).toEqual(["cancel"]);
  });

  test("is never more than the lifecycle has from there", () => {
    for (const status of TASK_STATUSES) {
      for (const resumeStatus of [null, ...RESUME_STATUSES]) {
        const open = movesOpenTo(from(status, resumeStatus), MOVE_ACTORS);
        expect(movesFrom(status)).toEqual(expect.arrayContaining(open));
      }
    }
  });
});
