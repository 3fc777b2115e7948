import { z } from "zod";
import { Moment, SessionId } from "./vocabulary.ts";

/**
 * What people can answer; the second only where a rule can say just what was asked, and only who administers the project. The
 * last may be followed by a colon and a reason.
 */
export const TOOL_ANSWERS = { once: "Allow once", always: "Allow always", deny: "Deny" } as const;

const REASON_LENGTH = 1000;

/** The answer that denies and says why, which the agent is told. */
export const denialBecause = (reason: string): string => `${TOOL_ANSWERS.deny}: ${reason}`;

/** The reason of such an answer, however it is capitalised; undefined for other answers and for a reason that is too long. */
export function denialReason(answer: string): string | undefined {
  const reason = /^deny: *(?=\S)([\s\S]*)$/i.exec(answer.trim())?.[1];
  return reason !== undefined && reason.length <= REASON_LENGTH ? reason : undefined;
}

const MOST_SECONDS = 3600;

/** An agent wants to use a tool, and no rule decides. */
export const NewToolRequest = z
  .object({
    request_id: z.uuid().describe("Made by whoever asks: asking again with the same id is the same request"),
    session_id: SessionId.optional().describe("Which session asks; a session's token says so itself"),
    agent: z.string().min(1).max(100),
    tool_name: z.string().min(1).max(200),
    tool_input: z.unknown().describe("As the agent gives it to the tool; people see its beginning"),
    cwd: z.string().max(4096).optional().describe("The folder that relative paths are meant from"),
    reason: z.string().max(2000).optional().describe("Why it is asked"),
    timeout_seconds: z.number().int().min(1).max(MOST_SECONDS).default(600).describe("Then it is denied"),
  })
  .meta({ id: "NewToolRequest" });
export type NewToolRequest = z.infer<typeof NewToolRequest>;

export const ToolRequest = z
  .object({
    id: z.uuid(),
    status: z.enum(["pending", "allowed", "denied", "expired", "cancelled"]).describe("Only allowed means yes"),
    reason: z.string().nullable().describe("Who decided, as a sentence; with why, where they said so"),
    timeout_at: Moment,
  })
  .meta({ id: "ToolRequest" });
export type ToolRequest = z.infer<typeof ToolRequest>;
