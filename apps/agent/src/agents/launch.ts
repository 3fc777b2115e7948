import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What an agent is started with. */
export interface LaunchRequest {
  /** A private folder of this session: whatever the agent must find in a file goes there, never into the user's own. */
  folder: string;
  cwd: string;
  /** The session's environment, without what the agent's `launch` adds. */
  env: Readonly<Record<string, string>>;
  /** Works on this without a prompt and exits; without it the agent is interactive. */
  task?: string | undefined;
  /** The agent's own id of the conversation to go on with. */
  conversation?: string | undefined;
  /** Program and arguments that agents run as a hook; the agent's name and the event's are appended. */
  hookCommand: readonly string[];
  /** What every conversation begins with. */
  contextText: string;
}

/** How an agent is started. */
export interface Launch {
  /** Program and arguments. */
  command: string[];
  /** Added to the session's environment. */
  env: Record<string, string>;
  /** Path in the private folder → contents, all of them to be there before the program starts. */
  files: Record<string, string>;
}

/** Writes what a launch wants to find in the session's private folder. */
export function writeLaunchFiles(folder: string, files: Launch["files"]): void {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), contents, { mode: 0o600 });
  }
}

/** A command as one word list for /bin/sh: agents take their hooks as a line and give it to a shell. */
export const shellWords = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
