import { type AgentHooks, cannotAsk, noAnswer } from "../agent-hooks.ts";
import { contextOutput, conversationIn, HookPayload, hookOutput, told, toolIn } from "../command-hooks.ts";

/**
 * The hooks of Codex CLI, as of 0.169: https://developers.openai.com/codex/hooks. A tool is judged before it runs
 * (`PreToolUse`) and once more when it wants out of Codex's sandbox (`PermissionRequest`).
 */
export const codexHooks: AgentHooks = {
  canAsk: false,

  read(event, payload) {
    const parsed = HookPayload.safeParse(payload);
    if (!parsed.success) return [];
    const conversation = conversationIn(parsed.data);
    switch (event) {
      case "SessionStart":
        return conversation;
      case "PreToolUse":
      case "PermissionRequest":
        return toolIn(parsed.data);
      case "UserPromptSubmit":
        return [...conversation, told("working")];
      case "PostToolUse":
        return [told("working")];
      case "Stop":
        return [told("idle")];
      default:
        return [];
    }
  },

  answerTool(event, { decision, reason }) {
    if (event === "PermissionRequest") {
      if (decision === "ask") return noAnswer;
      const message = decision === "deny" ? { message: reason } : {};
      return hookOutput(event, { decision: { behavior: decision, ...message } });
    }
    // "allow" and "ask" are not understood here: a tool that is not refused runs inside the sandbox.
    if (decision === "allow") return noAnswer;
    const permissionDecisionReason = decision === "ask" ? reason || cannotAsk : reason;
    return hookOutput(event, { permissionDecision: "deny", permissionDecisionReason });
  },

  answerContext: contextOutput,
};
