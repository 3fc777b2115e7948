import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export const recordFile = "session.json";

export const sessionsFolder = (stateDir: string): string => join(stateDir, "sessions");

/** What is known of a session after a restart of the daemon: never its token, never its environment. */
export const SessionRecord = z.object({
  id: z.string(),
  /** Not from daemons before this was told, and not what the session was renamed to later. */
  name: z.string().optional(),
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
  /** What tells this process from a later one with its number; not from holders before this was told, nor without /proc. */
  pid_started: z.number().int().optional(),
  /** Where it runs in tmux: the program, and the server's socket. */
  tmux: z.object({ path: z.string(), socket: z.string() }).optional(),
  exit: z
    .object({ code: z.number().int().nullable(), signal: z.number().int().nullable(), offset: z.number().int() })
    .nullable(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;

/** The record in a session's folder, or undefined when there is none that can be read. */
export function readRecord(folder: string): SessionRecord | undefined {
  try {
    return SessionRecord.parse(JSON.parse(readFileSync(join(folder, recordFile), "utf8")));
  } catch {
    return undefined;
  }
}

/** The sessions of a daemon's state folder whose program runs, as far as their records tell. Throws what reading the folder throws. */
export const readLiveRecords = (stateDir: string): SessionRecord[] =>
  readdirSync(sessionsFolder(stateDir)).flatMap((id) => {
    const record = readRecord(join(sessionsFolder(stateDir), id));
    return record && record.exit === null ? [record] : [];
  });
