import { z } from "zod";
import type { Agent } from "./agent.ts";

const Pattern = z.string().refine((text) => {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}, "is not a regular expression");

/** An agent of the configuration file. */
export const CustomAgent = z.object({
  name: z.string().min(1).max(100),
  command: z
    .union([z.string().min(1), z.array(z.string()).min(1)])
    .describe("A shell line, or a program and arguments"),
  prompt: Pattern.optional().describe("What the cursor's line looks like when it waits for work"),
  cwd: z.string().optional(),
});
export type CustomAgent = z.infer<typeof CustomAgent>;

/** A command line as the user's own shell would run it, without its start-up files. */
export const shellLine = (line: string): string[] => ["/bin/sh", "-c", line];

/** Idle when the cursor's line matches `prompt`, else working; without a pattern nobody knows. */
export function customAgent({ name, command, prompt, cwd }: CustomAgent): Agent {
  const pattern = prompt === undefined ? undefined : new RegExp(prompt, "u");
  return {
    name,
    kind: "custom",
    command: typeof command === "string" ? shellLine(command) : command,
    ...(cwd === undefined ? {} : { cwd }),
    status({ prompt_line }) {
      if (!pattern) return "unknown";
      return pattern.test(prompt_line) ? "idle" : "working";
    },
  };
}
