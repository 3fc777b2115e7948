import { z } from "zod";
import { type AgentHooks, noAnswer } from "../agent-hooks.ts";
import type { HookEvent } from "../hook-event.ts";

const Payload = z.looseObject({
  session_id: z.string().optional(),
  cwd: z.string().default(""),
  tool_name: z.string().default(""),
  tool_input: z.unknown().optional(),
});

const status = (value: "working" | "idle"): HookEvent => ({ kind: "status", status: value });
const withOutput = (hookEventName: string, output: object) => ({
  stdout: JSON.stringify({ hookSpecificOutput: { hookEventName, ...output } }),
  exitCode: 0,
});
const cannotAsk = "This needs the consent of a person, who cannot be asked here.";

/**
 * The hooks of Codex CLI, as of 0.169: https://developers.openai.com/codex/hooks. A tool is judged before it runs
 * (`PreToolUse`) and once more when it wants out of Codex's sandbox (`PermissionRequest`).
 */
export const codexHooks: AgentHooks = {
  canAsk: false,

  read(event, payload) {
    const parsed = Payload.safeParse(payload);
    if (!parsed.success) return [];
    const { session_id: id, cwd, tool_name: tool, tool_input: input } = parsed.data;
    const conversation: HookEvent[] = id ? [{ kind: "conversation", id }] : [];
    switch (event) {
      case "SessionStart":
        return conversation;
      case "PreToolUse":
      case "PermissionRequest":
        return [status("working"), { kind: "tool", tool, input, cwd }];
      case "UserPromptSubmit":
        return [...conversation, status("working")];
      case "PostToolUse":
        return [status("working")];
      case "Stop":
        return [status("idle")];
      default:
        return [];
    }
  },

  answerTool(event, { decision, reason }) {
    if (event === "PermissionRequest") {
      if (decision === "ask") return noAnswer;
      const message = decision === "deny" ? { message: reason } : {};
      return withOutput(event, { decision: { behavior: decision, ...message } });
    }
    // "allow" and "ask" are not understood here: a tool that is not refused runs inside the sandbox.
    if (decision === "allow") return noAnswer;
    const permissionDecisionReason = decision === "ask" ? reason || cannotAsk : reason;
    return withOutput(event, { permissionDecision: "deny", permissionDecisionReason });
  },

  answerContext: (event, text) => (text === "" ? noAnswer : withOutput(event, { additionalContext: text })),
};
