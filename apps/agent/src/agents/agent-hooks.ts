import type { HookAnswer, HookEvent, ToolDecision } from "./hook-event.ts";

/** How one agent's hooks are read and answered. */
export interface AgentHooks {
  /** Whether `ask` leads to a dialog of its own; where it does not, `ask` is answered as a refusal. */
  canAsk: boolean;
  /** What the hook `event` with `payload` (foreign JSON) tells, in order; empty when it is not understood. */
  read(event: string, payload: unknown): HookEvent[];
  /** What to print so that the agent does as decided. */
  answerTool(event: string, decision: ToolDecision): HookAnswer;
  /** What to print so that the agent reads `text` before its first prompt. */
  answerContext(event: string, text: string): HookAnswer;
}

/** For events to which an agent expects nothing. */
export const noAnswer: HookAnswer = { stdout: "", exitCode: 0 };

/** Why a tool is refused that only a person could allow, where the agent has no dialog for that. */
export const cannotAsk = "This needs the consent of a person, who cannot be asked here.";
