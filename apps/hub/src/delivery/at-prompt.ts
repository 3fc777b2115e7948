import type { LiveSession } from "../sessions/live-sessions.ts";

/** Text goes to an agent; a shell would execute it. */
const isTypable = (session: LiveSession): boolean => session.status === "active" && session.agent !== "shell";

/** Urgent text may be typed: it interrupts an agent at work, and nobody who is being asked something. */
export const isInterruptible = (session: LiveSession): boolean =>
  isTypable(session) && (session.agentStatus === "idle" || session.agentStatus === "working");

/** Its agent waits for people. */
export const isAsking = (session: LiveSession): boolean => isTypable(session) && session.agentStatus === "waiting";

/** Ordinary text may be typed: the agent waits for it, and nothing was typed that it has yet to react to. */
export const atPrompt = (session: LiveSession): boolean =>
  isTypable(session) && session.agentStatus === "idle" && !session.typedInto;
