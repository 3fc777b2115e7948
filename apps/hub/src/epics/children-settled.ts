import type { HubChoice } from "../interventions/hub-choice.ts";
import { rollUpLocked } from "./roll-up.ts";

/** A reopened parent whose children are all settled: the hub does not close again what somebody has just opened. */
export const CHILDREN_SETTLED = "children_settled";

const [SETTLE, LEAVE] = ["Settle it as done", "Leave it"] as const;
export const CHILDREN_SETTLED_OPTIONS = [SETTLE, LEAVE] as const;

export const childrenSettled: HubChoice = {
  options: CHILDREN_SETTLED_OPTIONS,
  choose: async ({ tx, task, choice }) => (choice === SETTLE ? rollUpLocked(tx, task.project_id, task.id) : undefined),
};
