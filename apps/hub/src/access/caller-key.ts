import type { Caller } from "./caller.ts";

/** Tells callers apart wherever something is counted or kept for each. */
export const callerKey = (caller: Caller): string =>
  caller.kind === "system" ? "system" : `${caller.kind}:${caller.id}`;
