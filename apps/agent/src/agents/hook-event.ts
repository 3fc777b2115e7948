import type { HookStatus } from "./agent-state.ts";

/** What an agent's hook told, in words that are the same for every agent. */
export type HookEvent =
  /** It is about to use a tool: the answer is a `ToolDecision`. */
  | { kind: "tool"; tool: string; input: unknown; cwd: string }
  /** What it does now. */
  | ({ kind: "status" } & HookStatus)
  /** Its own id of the conversation, with which it can be resumed. */
  | { kind: "conversation"; id: string }
  /** It starts, and its launch could not give it the context: the answer is text that it reads before its first prompt. */
  | { kind: "context" };

/** Whether a tool may run; `ask` leaves it to the agent's own dialog. */
export interface ToolDecision {
  decision: "allow" | "deny" | "ask";
  /** Told to the agent when refused. */
  reason: string;
}

/** What the hook program prints and how it exits. */
export interface HookAnswer {
  stdout: string;
  exitCode: number;
}
