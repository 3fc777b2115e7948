import { z } from "zod";
import { Moment } from "./vocabulary.ts";

/** What an agent waits for that somebody else must do. */
export const AgentWait = z
  .object({
    for: z.enum(["permission", "question", "login", "usage_limit"]),
    text: z.string().max(500).describe("What it shows, shortened"),
    options: z
      .array(z.string().min(1).max(200))
      .max(10)
      .optional()
      .describe("What it offers to choose from, if it does"),
    resets_at: Moment.optional().describe("When a usage limit ends, where the agent says so"),
  })
  .meta({ id: "AgentWait" });
export type AgentWait = z.infer<typeof AgentWait>;
