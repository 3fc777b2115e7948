import { isSettled, type TASK_MOVES, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Task } from "@orchestratia/protocol/tasks";

type MoveRow = (typeof TASK_MOVES)[number];
type MoveOf<Row> = Row extends MoveRow ? ("user" extends Row["actors"][number] ? Row["move"] : never) : never;

/** Moves of people that stand elsewhere: a task is made on the list, assigned in its own dialog, answered on the question's card. */
export const OFFERED_ELSEWHERE = ["create", "assign", "respond"] as const satisfies readonly MoveOf<MoveRow>[];

/** A new move of people in the lifecycle is a compile error until it has its words here. Archiving is no change of status. */
export type OfferedMove = Exclude<MoveOf<MoveRow>, (typeof OFFERED_ELSEWHERE)[number]> | "archive" | "unarchive";

type MoveOffer = {
  button: string;
  look?: "primary" | "danger";
  /** Seldom wanted: with another such move it stands in a menu, alone after all others. */
  seldom?: true;
  /** What the button does, for whoever hesitates over it. */
  hint: string;
  /** Asked before it is made: `yes` after being told what will happen, `words` for the hub to pass on. */
  asks?: "yes" | "words";
  words?: { label: string; help: string; needed: boolean; most: number };
};

/** In the order in which they stand beside each other: what a person is waited for first, what ends the work last. */
export const MOVE_OFFERS: Readonly<Record<OfferedMove, MoveOffer>> = {
  approve_plan: { button: "Approve plan", look: "primary", hint: "Its worker begins to carry the plan out." },
  revise_plan: {
    button: "Revise plan",
    hint: "The plan goes back to its worker.",
    asks: "words",
    words: {
      label: "Feedback",
      help: "What the plan should do otherwise. The worker gets it and plans again.",
      needed: true,
      most: 20_000,
    },
  },
  approve: { button: "Approve", look: "primary", hint: "The result is accepted and the task is done." },
  request_changes: {
    button: "Request changes",
    hint: "The result goes back to its worker.",
    asks: "words",
    words: {
      label: "Feedback",
      help: "What should change. It is typed into the worker's session.",
      needed: true,
      most: 20_000,
    },
  },
  retry: {
    button: "Retry",
    look: "primary",
    hint: "The task goes back into the queue for another attempt; its history is kept.",
  },
  reopen: { button: "Reopen", hint: "The task is taken up again.", asks: "yes" },
  unassign: {
    button: "Unassign",
    seldom: true,
    hint: "The task is taken back and stays where it is until somebody assigns it.",
  },
  requeue: {
    button: "Requeue",
    seldom: true,
    hint: "The task is taken from its worker and goes back into the queue.",
    asks: "words",
    words: {
      label: "Reason",
      help: "What its worker and its history are told. It can stay empty.",
      needed: false,
      most: 2000,
    },
  },
  fail: {
    button: "Fail",
    look: "danger",
    seldom: true,
    hint: "The task ends as failed.",
    asks: "words",
    words: { label: "Reason", help: "What went wrong, for whoever reads the task later.", needed: true, most: 20_000 },
  },
  cancel: {
    button: "Cancel",
    look: "danger",
    seldom: true,
    hint: "The task and everything open below it end.",
    asks: "yes",
  },
  archive: { button: "Archive", seldom: true, hint: "Lists leave the task out from then on; it can be shown again." },
  unarchive: { button: "Unarchive", seldom: true, hint: "Lists show the task again." },
};

const ORDER = Object.keys(MOVE_OFFERS) as OfferedMove[];

type Offerable = Pick<Task, "moves" | "archived_at"> & { status: TaskStatus };

/** The buttons that a task has now for whoever may write to it. */
export function offersOf({ moves, status, archived_at }: Offerable): OfferedMove[] {
  return ORDER.filter((move) => {
    if (move === "archive") return isSettled(status) && archived_at === null;
    if (move === "unarchive") return archived_at !== null;
    return moves.includes(move);
  });
}

/** Which of them stand beside each other, and which are seldom wanted. */
export function placesOf(offers: readonly OfferedMove[]): { row: OfferedMove[]; menu: OfferedMove[] } {
  const isSeldom = (move: OfferedMove) => MOVE_OFFERS[move].seldom === true;
  return { row: offers.filter((move) => !isSeldom(move)), menu: offers.filter(isSeldom) };
}
