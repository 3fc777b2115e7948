import { z } from "zod";
import { type AgentHooks, noAnswer } from "../agent-hooks.ts";
import type { HookEvent } from "../hook-event.ts";
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

const Payload = z.looseObject({
  session_id: z.string().optional(),
  cwd: z.string().default(""),
  tool_name: z.string().default(""),
  tool_input: z.unknown().optional(),
  notification_type: z.string().default(""),
  message: z.string().default(""),
});

const status = (value: "working" | "idle"): HookEvent => ({ kind: "status", status: value });
const cannotAsk = "This needs the consent of a person, who cannot be asked here.";

/** The hooks of Gemini CLI, as of 0.61: https://geminicli.com/docs/hooks/reference */
export const geminiHooks: AgentHooks = {
  canAsk: false,

  read(event, payload) {
    const parsed = Payload.safeParse(payload);
    if (!parsed.success) return [];
    const { session_id: id, cwd, tool_name: tool, tool_input: input, message } = parsed.data;
    const conversation: HookEvent[] = id ? [{ kind: "conversation", id }] : [];
    switch (event) {
      case "SessionStart":
        return [...conversation, { kind: "context" }];
      case "BeforeTool":
        return [status("working"), { kind: "tool", tool, input, cwd }];
      case "BeforeAgent":
        return [...conversation, status("working")];
      case "AfterTool":
        return [status("working")];
      case "AfterAgent":
        return [status("idle")];
      case "Notification":
        if (parsed.data.notification_type !== "ToolPermission") return [];
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

  answerContext(event, text) {
    if (text === "") return noAnswer;
    const output = { hookEventName: event, additionalContext: text };
    return { stdout: JSON.stringify({ hookSpecificOutput: output }), exitCode: 0 };
  },
};
