import { z } from "zod";
import { noAnswer } from "./agent-hooks.ts";
import type { HookAnswer, HookEvent } from "./hook-event.ts";
import { shellWords } from "./launch.ts";

/** What Claude Code, Codex and Gemini CLI all write to the standard input of a hook, in the same words. */
export const HookPayload = z.looseObject({
  session_id: z.string().optional(),
  cwd: z.string().default(""),
  tool_name: z.string().default(""),
  tool_input: z.unknown().optional(),
});
type HookPayload = z.infer<typeof HookPayload>;

export const told = (status: "working" | "idle"): HookEvent => ({ kind: "status", status });

/** The conversation that a payload names, if it names one. */
export const conversationIn = ({ session_id: id }: HookPayload): HookEvent[] =>
  id ? [{ kind: "conversation", id }] : [];

/** A tool that is about to run. */
export const toolIn = ({ tool_name: tool, tool_input: input, cwd }: HookPayload): HookEvent[] => [
  told("working"),
  { kind: "tool", tool, input, cwd },
];

/** An answer as they read it from a hook's standard output. */
export const hookOutput = (hookEventName: string, output: object): HookAnswer => ({
  stdout: JSON.stringify({ hookSpecificOutput: { hookEventName, ...output } }),
  exitCode: 0,
});

/** `text` stands before the agent's first prompt. */
export const contextOutput = (event: string, text: string): HookAnswer =>
  text === "" ? noAnswer : hookOutput(event, { additionalContext: text });

/**
 * The shell's line of a hook. A hook that fails in any way but with 2 is passed over: one that judges tools must not be,
 * because ours could not be asked.
 */
export function hookLine(
  hookCommand: readonly string[],
  { agent, event, judgesTools }: { agent: string; event: string; judgesTools: boolean },
): string {
  const line = shellWords([...hookCommand, agent, event]);
  return judgesTools ? `${line} || exit 2` : line;
}
