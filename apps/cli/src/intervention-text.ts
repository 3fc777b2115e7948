import type { Intervention } from "@orchestratia/protocol/interventions";
import type { Paint } from "./output.ts";

/** A question with what may be answered and what was. */
export function interventionLines(intervention: Intervention, paint: Paint): string[] {
  const { id, intervention_type, status, task_key, question, options, response, timeout_at } = intervention;
  return [
    `  ${paint.cyan(id.slice(0, 8))} ${intervention_type} ${status}${task_key ? ` (${task_key})` : ""}`,
    `    ${question.replaceAll("\n", "\n    ")}`,
    ...(options.length > 0 ? [`    Options: ${options.join(", ")}`] : []),
    ...(timeout_at !== null && response === null ? [`    Until: ${timeout_at}`] : []),
    ...(response === null ? [] : [`    Answer: ${response}`]),
  ];
}
