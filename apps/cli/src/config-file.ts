import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const DaemonConfig = z.object({
  registrations: z.array(z.object({ hub_url: z.string(), project_id: z.string(), api_key: z.string() })).default([]),
});
type Registration = z.infer<typeof DaemonConfig>["registrations"][number];

/** The registrations in the first of `files` that has any. A file that cannot be read or understood has none. */
export function readRegistrations(files: readonly string[]): readonly Registration[] {
  for (const file of files) {
    const parsed = DaemonConfig.safeParse(parseYaml(file));
    if (parsed.success && parsed.data.registrations.length > 0) return parsed.data.registrations;
  }
  return [];
}

function parseYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
