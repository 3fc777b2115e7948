import { z } from "zod";
import { type AgentHooks, cannotAsk, noAnswer } from "../agent-hooks.ts";
import type { HookEvent } from "../hook-event.ts";
import { shortened } from "../screen-text.ts";

const Payload = z.looseObject({
  sessionID: z.string().optional(),
  info: z.looseObject({ id: z.string(), parentID: z.string().optional() }).optional().catch(undefined),
  status: z
    .looseObject({ type: z.string(), message: z.string().default(""), next: z.number().optional() })
    .optional()
    .catch(undefined),
  error: z
    .looseObject({
      data: z.looseObject({ statusCode: z.number().optional(), message: z.string().optional() }).optional(),
    })
    .optional()
    .catch(undefined),
  permission: z.string().default("").catch(""),
  patterns: z.array(z.string()).default([]).catch([]),
  questions: z.unknown().optional(),
  tool: z.unknown().optional(),
  input: z.unknown().optional(),
  cwd: z.string().default(""),
});
type Payload = z.infer<typeof Payload>;

/** Between two tries it says what it waits for; a short pause is none to speak of. */
const longRetryMs = 60_000;
const limitCodes = new Set([429, 503, 529]);

function statusOf({ status }: Payload): HookEvent[] {
  if (status?.type === "idle") return [{ kind: "status", status: "idle" }];
  const end = status?.type === "retry" ? status.next : undefined;
  if (end === undefined || end - Date.now() < longRetryMs) return [{ kind: "status", status: "working" }];
  const waiting = { for: "usage_limit" as const, text: shortened(status?.message ?? "") };
  return [
    {
      kind: "status",
      status: "waiting",
      waiting: { ...waiting, resets_at: new Date(end).toISOString(), goesOn: true },
    },
  ];
}

/** It has given up trying again. */
function failure({ error }: Payload): HookEvent[] {
  const { statusCode, message } = error?.data ?? {};
  if (statusCode === undefined || !limitCodes.has(statusCode)) return [];
  const waiting = { for: "usage_limit" as const, text: shortened(message ?? "") };
  return [{ kind: "status", status: "waiting", waiting }];
}

/** What session-plugin.ts tells of opencode, as of 1.18: https://opencode.ai/docs/plugins */
export const opencodeHooks: AgentHooks = {
  canAsk: false,

  read(event, payload) {
    const parsed = Payload.safeParse(payload);
    if (!parsed.success) return [];
    const { info, tool, input, cwd, permission, patterns, questions } = parsed.data;
    switch (event) {
      case "session.created":
        return info && !info.parentID ? [{ kind: "conversation", id: info.id }] : [];
      case "session.status":
        return statusOf(parsed.data);
      case "session.error":
        return failure(parsed.data);
      case "tool.execute.before":
        return [
          { kind: "status", status: "working" },
          { kind: "tool", tool: String(tool), input, cwd },
        ];
      case "permission.asked": {
        const text = shortened(`${permission} ${patterns.join(" ")}`);
        return [{ kind: "status", status: "waiting", waiting: { for: "permission", text } }];
      }
      case "question.asked": {
        const text = shortened(JSON.stringify(questions ?? ""));
        return [{ kind: "status", status: "waiting", waiting: { for: "question", text } }];
      }
      default:
        return [];
    }
  },

  answerTool(_event, { decision, reason }) {
    const answer = decision === "allow" ? { decision } : { decision: "deny", reason: reason || cannotAsk };
    return { stdout: JSON.stringify(answer), exitCode: 0 };
  },

  answerContext: () => noAnswer,
};
