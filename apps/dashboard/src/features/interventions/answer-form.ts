import type { Intervention } from "@orchestratia/protocol/interventions";

type Asked = Pick<Intervention, "raised_by" | "intervention_type" | "options" | "session_id" | "target_session_id">;

const TYPES = { help: "Help", question: "Question", approval: "Approval" } as const;

export const whoAsks = ({ raised_by, intervention_type }: Pick<Asked, "raised_by" | "intervention_type">): string =>
  raised_by === "hub" ? "The hub asks" : TYPES[intervention_type];

/** How something is answered: the hub's questions and approvals by one of their options, a worker's in any words. */
export function answerForm({ raised_by, intervention_type, options }: Asked): { freeWords: boolean; help: string } {
  if (raised_by === "hub" && options.length > 0) {
    return {
      freeWords: false,
      help: "The hub does what you choose at once. It withdraws the question when it is settled otherwise.",
    };
  }
  if (intervention_type === "approval" && options.length > 0) {
    return { freeWords: false, help: "Your choice is typed into the session that asked." };
  }
  return { freeWords: true, help: "It is typed into the session that asked." };
}

/** What becomes of it when nobody answers in time. */
export const afterExpiry = ({ intervention_type }: Pick<Asked, "intervention_type">): string =>
  intervention_type === "approval" ? "then it counts as denied" : "then it goes on without an answer";

/** "5 min left"; by a clock of our own, so what is over says no more than that it is due. */
export function timeLeft(untilMs: number, nowMs: number): string {
  const minutes = Math.floor((untilMs - nowMs) / 60_000);
  if (untilMs <= nowMs) return "expires now";
  if (minutes < 1) return "less than a minute left";
  if (minutes < 60) return `${minutes} min left`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h left`;
  return `${Math.floor(minutes / 60 / 24)} d left`;
}
