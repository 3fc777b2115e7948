import type { HookEvent, ToolDecision } from "../agents/hook-event.ts";

export type ToolEvent = Extract<HookEvent, { kind: "tool" }>;

/** Whoever follows the sessions. */
export interface HookListener {
  /** Told of every event in order; of a tool before it is judged. */
  onEvent(sessionId: string, event: HookEvent): void;
  /** People are asked about a tool; the returned function is called when that is over. */
  onAsking(sessionId: string, text: string): () => void;
  /** What the agent reads before its first prompt. */
  contextOf(sessionId: string): string;
}

/** Whoever decides whether tools may be used. `asker` is aborted when nobody waits for the answer any more. */
export interface ToolGate {
  decide(sessionId: string, agent: string, event: ToolEvent, asker: AbortSignal): Promise<ToolDecision>;
}
