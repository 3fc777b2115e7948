import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { folderFiles } from "./session-folder.ts";

/** What is known of a session after a restart of the daemon: never its token, never its environment. */
export const SessionRecord = z.object({
  id: z.string(),
  agent: z.string(),
  role: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
  cols: z.number().int(),
  rows: z.number().int(),
  hub_url: z.string(),
  project_id: z.string(),
  server_id: z.string(),
  started_at: z.string(),
  socket_path: z.string(),
  holder_pid: z.number().int(),
  pid: z.number().int(),
  exit: z
    .object({ code: z.number().int().nullable(), signal: z.number().int().nullable(), offset: z.number().int() })
    .nullable(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;

/** The record in a session's folder, or undefined when there is none that can be read. */
export function readRecord(folder: string): SessionRecord | undefined {
  try {
    return SessionRecord.parse(JSON.parse(readFileSync(join(folder, folderFiles.record), "utf8")));
  } catch {
    return undefined;
  }
}
