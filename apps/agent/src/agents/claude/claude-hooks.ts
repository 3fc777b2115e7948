import { z } from "zod";
import type { AgentHooks } from "../agent-hooks.ts";
import { contextOutput, conversationIn, HookPayload, hookOutput, told, toolIn } from "../command-hooks.ts";
import type { HookEvent } from "../hook-event.ts";
import { shortened } from "../screen-text.ts";
import { limitEnd } from "../usage-limit.ts";

/** The hooks that we install, each with how long Claude Code waits for its answer. */
export const claudeHookSeconds: Readonly<Record<string, number>> = {
  SessionStart: 30,
  UserPromptSubmit: 10,
  PreToolUse: 900,
  PostToolUse: 10,
  PostToolUseFailure: 10,
  PermissionRequest: 10,
  Notification: 10,
  Stop: 10,
  StopFailure: 10,
};

const Payload = HookPayload.extend({
  notification_type: z.string().optional(),
  message: z.string().default(""),
  error: z.string().default(""),
  last_assistant_message: z.string().default(""),
});
type Payload = z.infer<typeof Payload>;

/** Tools with which it asks a person something; no rule of ours is about them. */
const asking = new Set(["AskUserQuestion", "ExitPlanMode"]);

/** Failures after which it can only be tried again later. */
const limits = new Set(["rate_limit", "overloaded", "server_error", "billing_error"]);

const waiting = (reason: "permission" | "question" | "login" | "usage_limit", text: string): HookEvent => ({
  kind: "status",
  status: "waiting",
  waiting: { for: reason, text: shortened(text) },
});

const toolText = ({ tool_name, tool_input }: Payload): string =>
  shortened(`${tool_name} ${JSON.stringify(tool_input ?? {})}`);

function failure({ error, last_assistant_message }: Payload): HookEvent {
  const text = shortened(last_assistant_message || error);
  if (error === "authentication_failed") return waiting("login", text);
  if (!limits.has(error)) return told("idle");
  const end = limitEnd(text, new Date());
  return {
    kind: "status",
    status: "waiting",
    waiting: { for: "usage_limit", text, ...(end === undefined ? {} : { resets_at: end.toISOString() }) },
  };
}

function notification({ notification_type, message }: Payload): HookEvent[] {
  if (notification_type === "permission_prompt") return [waiting("permission", message)];
  if (notification_type === "elicitation_dialog") return [waiting("question", message)];
  return notification_type === "idle_prompt" ? [told("idle")] : [];
}

/** The hooks of Claude Code, as of 2.1: https://code.claude.com/docs/en/hooks */
export const claudeHooks: AgentHooks = {
  canAsk: true,

  read(event, payload) {
    const parsed = Payload.safeParse(payload);
    if (!parsed.success) return [];
    const { tool_name: tool } = parsed.data;
    const conversation = conversationIn(parsed.data);
    switch (event) {
      case "SessionStart":
        return conversation;
      case "PreToolUse":
        return asking.has(tool) ? [told("working")] : toolIn(parsed.data);
      case "UserPromptSubmit":
        return [...conversation, told("working")];
      case "PostToolUse":
      case "PostToolUseFailure":
        return [told("working")];
      case "PermissionRequest":
        return [waiting(asking.has(tool) ? "question" : "permission", toolText(parsed.data))];
      case "Notification":
        return notification(parsed.data);
      case "Stop":
        return [told("idle")];
      case "StopFailure":
        return [failure(parsed.data)];
      default:
        return [];
    }
  },

  answerTool: (event, { decision, reason }) =>
    hookOutput(event, { permissionDecision: decision, permissionDecisionReason: reason }),

  answerContext: contextOutput,
};
