import { z } from "zod";
import { type AgentHooks, cannotAsk } from "../agent-hooks.ts";
import { contextOutput, conversationIn, HookPayload, told, toolIn } from "../command-hooks.ts";
import { shortened } from "../screen-text.ts";

/** The hooks that we install, each with how long Gemini CLI waits for its answer. */
export const geminiHookMs: Readonly<Record<string, number>> = {
  SessionStart: 30_000,
  BeforeAgent: 10_000,
  AfterAgent: 10_000,
  BeforeTool: 900_000,
  AfterTool: 10_000,
  Notification: 10_000,
};

const Payload = HookPayload.extend({
  notification_type: z.string().default(""),
  message: z.string().default(""),
});

/** Tools with which it asks a person something; no rule of ours is about them. */
const asking = new Set(["ask_user", "enter_plan_mode", "exit_plan_mode"]);

/** The hooks of Gemini CLI, as of 0.61: https://geminicli.com/docs/hooks/reference */
export const geminiHooks: AgentHooks = {
  canAsk: false,

  read(event, payload) {
    const parsed = Payload.safeParse(payload);
    if (!parsed.success) return [];
    const { notification_type: notification, message } = parsed.data;
    const conversation = conversationIn(parsed.data);
    switch (event) {
      case "SessionStart":
        return [...conversation, { kind: "context" }];
      case "BeforeTool":
        return asking.has(parsed.data.tool_name) ? [told("working")] : toolIn(parsed.data);
      case "BeforeAgent":
        return [...conversation, told("working")];
      case "AfterTool":
        return [told("working")];
      case "AfterAgent":
        return [told("idle")];
      case "Notification":
        if (notification !== "ToolPermission") return [];
        return [{ kind: "status", status: "waiting", waiting: { for: "permission", text: shortened(message) } }];
      default:
        return [];
    }
  },

  answerTool(_event, { decision, reason }) {
    if (decision === "allow") return { stdout: JSON.stringify({ decision }), exitCode: 0 };
    const denied = { decision: "deny", reason: reason || cannotAsk };
    return { stdout: JSON.stringify(denied), exitCode: 0 };
  },

  answerContext: contextOutput,
};
