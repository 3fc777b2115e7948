import { z } from "zod";

/** Where the hook finds its daemon, and what it says there to be known. */
export const HOOK_ENV = { socket: "ORCHESTRATIA_HOOK_SOCKET", secret: "ORCHESTRATIA_HOOK_SECRET" } as const;

/** The most that an agent may tell a hook. */
export const PAYLOAD_MAX_BYTES = 8 * 1024 * 1024;
export const HEADER_MAX_BYTES = 4096;
/** How long people have to decide about a tool. */
export const DECISION_LIMIT_MS = 10 * 60_000;

/** One line of JSON, followed by `bytes` bytes: the JSON that the agent told the hook. */
export const HookHeader = z.object({
  secret: z.string().max(500),
  agent: z.string().max(100),
  event: z.string().max(100),
  bytes: z.number().int().min(0).max(PAYLOAD_MAX_BYTES),
});
export type HookHeader = z.infer<typeof HookHeader>;

/** What the daemon answers, as one line of JSON. */
export const HookReply = z.object({ stdout: z.string(), exitCode: z.number().int().min(0).max(255) });
