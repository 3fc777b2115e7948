import type { Intervention } from "@orchestratia/protocol/interventions";
import { interventionLines } from "./intervention-text.ts";
import type { Output, Paint } from "./output.ts";
import { tableLines } from "./table.ts";

/** Questions as a table that fits the terminal; elsewhere each with its options and its answer, as programs read it. */
export function interventionListLines(
  interventions: readonly Intervention[],
  paint: Paint,
  { columns }: Output,
): string[] {
  if (columns === undefined) return interventions.flatMap((one) => interventionLines(one, paint));
  if (interventions.length === 0) return [];
  const head = [
    { title: "id", paint: paint.cyan },
    { title: "type" },
    { title: "status" },
    { title: "task" },
    { title: "question", gives: true },
    { title: "answer", gives: true },
  ];
  const rows = interventions.map((one) => [
    one.id.slice(0, 8),
    one.intervention_type,
    one.status,
    one.task_key ?? "",
    one.question,
    one.response ?? "",
  ]);
  return tableLines(head, rows, columns);
}
