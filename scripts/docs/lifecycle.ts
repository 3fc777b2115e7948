import {
  type LeaseEffect,
  leaseStatuses,
  type MoveActor,
  type MoveRequirement,
  SETTLED,
  TASK_MOVES,
  TASK_STATUSES,
  type TaskStatus,
} from "../../packages/domain/src/task-lifecycle.ts";
import { code, codes, table } from "./markdown.ts";

interface Row {
  move: string;
  from: readonly TaskStatus[];
  to: TaskStatus | "resume_status";
  actors: readonly MoveActor[];
  when?: Readonly<Record<string, unknown>>;
  requires?: readonly MoveRequirement[];
  lease: LeaseEffect;
  nextAttempt?: true;
}

const ROWS: readonly Row[] = TASK_MOVES;

const unsettled = TASK_STATUSES.filter((status) => !(SETTLED as readonly TaskStatus[]).includes(status));

/** Sets that have a name of their own. A move from all of one would bury the diagram under its arrows. */
const NAMED_SETS: readonly { name: string; statuses: readonly TaskStatus[] }[] = [
  { name: "any unsettled status", statuses: unsettled },
  { name: "any status with an open lease", statuses: leaseStatuses },
];

const setOf = (row: Row) => NAMED_SETS.find(({ statuses }) => isSame(statuses, row.from));

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((each) => right.includes(each));

/** A Mermaid state diagram of what changes a status, and a sentence for each move that leaves from a whole set. */
export function lifecycleDiagram(): string {
  const arrows = new Map<string, Set<string>>();
  for (const row of ROWS.filter((row) => !setOf(row))) {
    for (const [from, to] of endsOf(row)) {
      const arrow = `${from} --> ${to}`;
      arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(labelOf(row)));
    }
  }
  const lines = [...arrows].map(([arrow, moves]) => `  ${arrow}: ${[...moves].join(", ")}`);
  const ends = SETTLED.map((status) => `  ${status} --> [*]`);
  return `\`\`\`mermaid\nstateDiagram-v2\n${[...lines, ...ends].join("\n")}\n\`\`\`\n\n${wideMoves()}`;
}

const labelOf = ({ move, when }: Row): string => (when?.lateHolder ? `${move} late` : move);

function endsOf({ from, to }: Row): [string, string][] {
  const starts = from.length === 0 ? ["[*]"] : from;
  const ends = to === "resume_status" ? ["planning", "running"] : [to];
  return starts.flatMap((start) => ends.filter((end) => end !== start).map((end): [string, string] => [start, end]));
}

function wideMoves(): string {
  const sentences = ROWS.flatMap((row) => {
    const set = setOf(row);
    return set ? [`From ${set.name}, ${code(row.move)} leads to ${code(row.to)}.`] : [];
  });
  return [...new Set(sentences)].join(" ");
}

/** Every row of the table that the code decides by. */
export function moveTable(): string {
  return table(
    ["move", "from", "to", "who", "when", "lease"],
    ROWS.map((row) => [
      code(row.move),
      fromWords(row),
      code(row.to),
      row.actors.map((actor) => actor.replace("_", " ")).join(", "),
      whenWords(row),
      leaseWords(row),
    ]),
  );
}

function fromWords(row: Row): string {
  if (row.from.length === 0) return "(new)";
  return setOf(row)?.name ?? codes(row.from);
}

const FACTS: Readonly<Record<string, string>> = {
  "planRequired true": "a plan is required",
  "planRequired false": "no plan is required",
  "reviewRequired true": "a review is required",
  "reviewRequired false": "no review is required",
  "workerInterventionOpen true": "the worker still has a question open",
  "workerInterventionOpen false": "the worker has no question open",
  "byReaper true": "the worker is believed lost",
  "byReaper false": "a person decides it",
  "lateHolder true": "the lease was taken from a lost worker and none was opened since",
  "phase planning": "it was planning",
  "phase running": "it was running",
};

const REQUIREMENTS: Readonly<Record<MoveRequirement, string>> = {
  unblocked: "nothing upstream is unresolved",
  session_free: "the session has started nothing else",
  assignable: "the task is neither an epic nor a parent",
  contracts_met: "the contracts are met",
  children_settled: "all children are settled and at least one is done",
};

function whenWords({ when = {}, requires = [] }: Row): string {
  const facts = Object.entries(when).map(([fact, value]) => wordsFor(FACTS, `${fact} ${value}`));
  return [...facts, ...requires.map((requirement) => wordsFor(REQUIREMENTS, requirement))].join("; ");
}

const LEASES: Readonly<Record<LeaseEffect, string>> = {
  none: "",
  open: "opens",
  keep: "stays open",
  release: "is released",
  close: "closes",
};

const leaseWords = ({ lease, nextAttempt }: Row): string =>
  [wordsFor(LEASES, lease), nextAttempt && "next attempt"].filter(Boolean).join("; ");

function wordsFor(words: Readonly<Record<string, string>>, what: string): string {
  const found = words[what];
  if (found === undefined) throw new Error(`scripts/docs/lifecycle.ts has no words for "${what}"`);
  return found;
}
