export const TASK_STATUSES = [
  "pending",
  "assigned",
  "planning",
  "plan_review",
  "running",
  "review",
  "needs_human",
  "done",
  "failed",
  "cancelled",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Every task is created here. */
export const INITIAL_STATUS = "pending" satisfies TaskStatus;

export const SETTLED = ["done", "failed", "cancelled"] as const satisfies readonly TaskStatus[];
export type SettledStatus = (typeof SETTLED)[number];

/** The statuses in which a task's lease is open; in every other status it has none. */
export const leaseStatuses = [
  "planning",
  "plan_review",
  "running",
  "needs_human",
  "review",
] as const satisfies readonly TaskStatus[];

/** The statuses that can take a place on a server; an assigned task takes one only while unblocked, see `takesCapacity`. */
export const capacityStatuses = ["assigned", ...leaseStatuses] as const satisfies readonly TaskStatus[];

/** Where a task in needs_human can have come from, and goes back to. */
export const RESUME_STATUSES = ["planning", "running"] as const satisfies readonly TaskStatus[];
export type ResumeStatus = (typeof RESUME_STATUSES)[number];

export const TASK_TYPES = ["feature", "bugfix", "refactor", "chore", "docs", "epic"] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** In rising order. */
export const TASK_PRIORITIES = ["low", "normal", "high", "critical"] as const;
export type TaskPriority = (typeof TASK_PRIORITIES)[number];

/**
 * Who may make a move. `agent` is any session of the project, `orchestrator` one that the project allows to decide,
 * `worker` the session that the task is assigned to or the lease's holder, `last_holder` the one whose lease a reaper
 * took, `creator` the session that created the task. Cascade policies act as `hub`.
 */
export const MOVE_ACTORS = [
  "user",
  "agent",
  "orchestrator",
  "worker",
  "last_holder",
  "creator",
  "matcher",
  "reaper",
  "hub",
] as const;
export type MoveActor = (typeof MOVE_ACTORS)[number];

/**
 * What a move does to the task's lease. `release` takes it from a worker believed lost, who may still complete until a
 * newer lease opens; `close` is final, also for a released one. `open` raises the epoch.
 */
export type LeaseEffect = "none" | "open" | "keep" | "release" | "close";

/** What a row depends on besides the status; whatever the caller leaves out is false. */
type MoveFacts = {
  planRequired: boolean;
  reviewRequired: boolean;
  /** An intervention that a worker raised for this task stays open after the move. */
  workerInterventionOpen: boolean;
  byReaper: boolean;
  /** A reaper took the caller's lease and no newer one was ever opened. */
  lateHolder: boolean;
  /** The status itself, or the one that needs_human came from: given by the task, not by the caller. */
  phase: ResumeStatus;
};

/** What must also hold, each with a refusal of its own: checked by whoever makes the move, not by `decideMove`. */
export type MoveRequirement = "unblocked" | "session_free" | "assignable" | "contracts_met" | "children_settled";

type MoveRow = {
  move: string;
  from: readonly TaskStatus[];
  to: TaskStatus | "resume_status";
  actors: readonly MoveActor[];
  when?: Partial<MoveFacts>;
  requires?: readonly MoveRequirement[];
  lease: LeaseEffect;
  /** The move starts a new attempt: epoch + 1, attempt + 1. */
  nextAttempt?: true;
};

const OPEN = ["pending", "assigned", ...leaseStatuses] as const;
const STARTED = ["planning", "running", "needs_human"] as const;

/** Every way a task's status can change. Nothing else changes a status. */
export const TASK_MOVES = [
  { move: "create", from: [], to: "pending", actors: ["user", "agent"], lease: "none" },
  {
    move: "assign",
    from: ["pending", "assigned"],
    to: "assigned",
    actors: ["user", "agent", "matcher"],
    requires: ["assignable"],
    lease: "none",
  },
  { move: "unassign", from: ["assigned"], to: "pending", actors: ["user", "hub"], lease: "none" },
  {
    move: "start",
    from: ["assigned"],
    to: "running",
    actors: ["worker"],
    when: { planRequired: false },
    requires: ["unblocked", "session_free"],
    lease: "open",
  },
  {
    move: "start",
    from: ["assigned"],
    to: "planning",
    actors: ["worker"],
    when: { planRequired: true },
    requires: ["unblocked", "session_free"],
    lease: "open",
  },
  { move: "start", from: ["needs_human"], to: "resume_status", actors: ["worker"], lease: "keep" },
  {
    move: "plan",
    from: ["assigned"],
    to: "planning",
    actors: ["hub"],
    when: { planRequired: true },
    requires: ["unblocked"],
    lease: "open",
  },
  {
    move: "submit_plan",
    from: ["planning", "needs_human"],
    to: "plan_review",
    actors: ["worker"],
    when: { phase: "planning" },
    lease: "keep",
  },
  { move: "approve_plan", from: ["plan_review"], to: "running", actors: ["user", "orchestrator"], lease: "keep" },
  { move: "revise_plan", from: ["plan_review"], to: "planning", actors: ["user", "orchestrator"], lease: "keep" },
  {
    move: "submit",
    from: ["running", "needs_human"],
    to: "review",
    actors: ["worker"],
    when: { phase: "running" },
    requires: ["contracts_met"],
    lease: "keep",
  },
  {
    move: "complete",
    from: ["running", "needs_human"],
    to: "done",
    actors: ["worker"],
    when: { phase: "running", reviewRequired: false },
    requires: ["contracts_met"],
    lease: "close",
  },
  {
    move: "complete",
    from: ["running", "needs_human"],
    to: "review",
    actors: ["worker"],
    when: { phase: "running", reviewRequired: true },
    requires: ["contracts_met"],
    lease: "keep",
  },
  // The late completion: the worker was believed lost, its task went back to the queue, and it had finished after all.
  {
    move: "complete",
    from: ["pending", "assigned"],
    to: "done",
    actors: ["last_holder"],
    when: { lateHolder: true, reviewRequired: false },
    requires: ["contracts_met"],
    lease: "close",
  },
  {
    move: "complete",
    from: ["pending", "assigned"],
    to: "review",
    actors: ["last_holder"],
    when: { lateHolder: true, reviewRequired: true },
    requires: ["contracts_met"],
    lease: "open",
  },
  { move: "fail", from: STARTED, to: "failed", actors: ["worker", "user", "reaper"], lease: "close" },
  { move: "fail", from: ["assigned"], to: "failed", actors: ["worker", "hub"], lease: "close" },
  { move: "help", from: STARTED, to: "needs_human", actors: ["worker"], lease: "keep" },
  {
    move: "respond",
    from: ["needs_human"],
    to: "resume_status",
    actors: ["user", "orchestrator"],
    when: { workerInterventionOpen: false },
    lease: "keep",
  },
  {
    move: "respond",
    from: ["needs_human"],
    to: "needs_human",
    actors: ["user", "orchestrator"],
    when: { workerInterventionOpen: true },
    lease: "keep",
  },
  {
    move: "expire",
    from: ["needs_human"],
    to: "resume_status",
    actors: ["hub"],
    when: { workerInterventionOpen: false },
    lease: "keep",
  },
  {
    move: "expire",
    from: ["needs_human"],
    to: "needs_human",
    actors: ["hub"],
    when: { workerInterventionOpen: true },
    lease: "keep",
  },
  {
    move: "approve",
    from: ["review"],
    to: "done",
    actors: ["user"],
    requires: ["contracts_met"],
    lease: "close",
  },
  { move: "request_changes", from: ["review"], to: "running", actors: ["user"], lease: "keep" },
  {
    move: "requeue",
    from: leaseStatuses,
    to: "pending",
    actors: ["reaper"],
    when: { byReaper: true },
    lease: "release",
    nextAttempt: true,
  },
  {
    move: "requeue",
    from: leaseStatuses,
    to: "pending",
    actors: ["user"],
    when: { byReaper: false },
    lease: "close",
    nextAttempt: true,
  },
  { move: "cancel", from: OPEN, to: "cancelled", actors: ["user", "creator", "hub"], lease: "close" },
  {
    move: "roll_up",
    from: ["pending"],
    to: "done",
    actors: ["hub"],
    requires: ["children_settled"],
    lease: "none",
  },
  { move: "retry", from: ["failed", "cancelled"], to: "pending", actors: ["user"], lease: "close", nextAttempt: true },
  { move: "reopen", from: ["done"], to: "pending", actors: ["user"], lease: "close" },
] as const satisfies readonly MoveRow[];

export type TaskMove = (typeof TASK_MOVES)[number]["move"];

const ROWS: readonly (MoveRow & { move: TaskMove })[] = TASK_MOVES;

/** Everyone who may make `move` from `status`, under some circumstances. */
export function actorsOf(move: TaskMove, status: TaskStatus): MoveActor[] {
  return unique(ROWS.flatMap((row) => (row.move === move && row.from.includes(status) ? row.actors : [])));
}

/**
 * The moves that these actors have from where the task is; `without` names what they cannot fulfil at present. Which of
 * the places that it can lead to a move takes is for `decideMove` to say.
 */
export function movesOpenTo(
  task: MovingTask,
  actors: readonly MoveActor[],
  without: readonly MoveRequirement[] = [],
): TaskMove[] {
  const open = ROWS.filter(
    (row) =>
      row.from.includes(task.status) &&
      row.actors.some((actor) => actors.includes(actor)) &&
      !row.requires?.some((requirement) => without.includes(requirement)) &&
      fitsPhase(row, task),
  );
  return unique(open.map(({ move }) => move));
}

export type MovingTask = { status: TaskStatus; resumeStatus?: TaskStatus | null | undefined };
export type MoveContext = { [fact in keyof Omit<MoveFacts, "phase">]?: MoveFacts[fact] | undefined };

export type MoveDecision =
  | {
      ok: true;
      to: TaskStatus;
      /** What to store with the status: set in needs_human, null everywhere else. */
      resumeStatus: ResumeStatus | null;
      lease: LeaseEffect;
      requires: readonly MoveRequirement[];
      nextAttempt: boolean;
    }
  | { ok: false; reason: "wrong_status"; allowed: TaskMove[] };

/**
 * Where `move` takes the task and what goes with it, or the moves that the same context allows instead.
 * Who is asking (`actorsOf`) and what the move `requires` is for the caller to check.
 */
export function decideMove(task: MovingTask, move: TaskMove, context: MoveContext = {}): MoveDecision {
  const open = ROWS.filter((row) => applies(row, task, context));
  const row = open.find((candidate) => candidate.move === move);
  const to = row?.to === "resume_status" ? phaseOf(task) : row?.to;
  if (!row || !to) return { ok: false, reason: "wrong_status", allowed: unique(open.map(({ move }) => move)) };
  return {
    ok: true,
    to,
    resumeStatus: (to === "needs_human" && phaseOf(task)) || null,
    lease: row.lease,
    requires: row.requires ?? [],
    nextAttempt: row.nextAttempt ?? false,
  };
}

function applies(row: MoveRow, task: MovingTask, context: MoveContext): boolean {
  if (!row.from.includes(task.status) || !fitsPhase(row, task)) return false;
  const { phase: _, ...facts } = row.when ?? {};
  return (Object.keys(facts) as (keyof MoveContext)[]).every((fact) => (context[fact] ?? false) === facts[fact]);
}

function fitsPhase({ to, when }: MoveRow, task: MovingTask): boolean {
  // Without a known phase there is no way back.
  if (to === "resume_status" && !phaseOf(task)) return false;
  return when?.phase === undefined || when.phase === phaseOf(task);
}

function phaseOf({ status, resumeStatus }: MovingTask): ResumeStatus | undefined {
  const phase = status === "needs_human" ? resumeStatus : status;
  return RESUME_STATUSES.find((known) => known === phase);
}

/** Every pair of statuses that some move joins, each once; a pair can be one status twice (a second assign, a second help). */
export function legalTransitions(): { from: TaskStatus; to: TaskStatus }[] {
  const pairs = ROWS.flatMap((row) =>
    row.from.flatMap((from) => {
      const ends = row.to === "resume_status" ? RESUME_STATUSES : [row.to];
      return ends.map((to) => ({ from, to }));
    }),
  );
  return TASK_STATUSES.flatMap((from) =>
    TASK_STATUSES.filter((to) => pairs.some((pair) => pair.from === from && pair.to === to)).map((to) => ({
      from,
      to,
    })),
  );
}

/** Where a move that is repeated by the same worker has already arrived: answered with the task as it is, not refused. */
const ARRIVED: Partial<Record<TaskMove, readonly TaskStatus[]>> = {
  start: ["planning", "running"],
  plan: ["planning"],
  submit_plan: ["plan_review"],
  submit: ["review"],
  complete: ["review", "done"],
  fail: ["failed"],
};

/** True when the task is already where `move` leads. Whether it was the same worker with the same body is the caller's to know. */
export function hasArrived(move: TaskMove, status: TaskStatus): boolean {
  return ARRIVED[move]?.includes(status) ?? false;
}

export function isSettled(status: TaskStatus): status is SettledStatus {
  return (SETTLED as readonly TaskStatus[]).includes(status);
}

/** Only a blocked assigned task takes no place, or the first tasks of a pipeline would be locked out by its last. */
export function takesCapacity({ status, blockers }: { status: TaskStatus; blockers: number }): boolean {
  if (status === "assigned") return blockers === 0;
  return (leaseStatuses as readonly TaskStatus[]).includes(status);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
