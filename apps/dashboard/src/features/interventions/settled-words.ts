import type { Intervention } from "@orchestratia/protocol/interventions";

type Settled = Pick<Intervention, "status" | "intervention_type" | "responder" | "raised_by">;

const answered = ({ responder, raised_by }: Settled): string => {
  if (responder) return `Answered by ${responder.name}`;
  return raised_by === "hub" ? "Settled by the hub" : "Answered";
};

/** How a question came to its end. */
export function settledWords(intervention: Settled): string {
  const { status, intervention_type } = intervention;
  if (status === "responded") return answered(intervention);
  if (status === "cancelled") return "Withdrawn";
  if (status === "pending") return "Open";
  return intervention_type === "approval" ? "Expired: denied" : "Expired without an answer";
}

/** As many facts as the page reads of a task: before them there may be others. */
const feedRead = 50;
const ends = ["intervention.responded", "intervention.expired", "intervention.cancelled"];

/** Whether a task's activity tells of a question that came to its end, or goes back further than it tells. */
export const mayHaveSettled = (activity: readonly { event_type: string }[]): boolean =>
  activity.length >= feedRead || activity.some(({ event_type }) => ends.includes(event_type));
