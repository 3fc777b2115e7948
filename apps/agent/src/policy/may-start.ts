import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { holds } from "../remote/sendable-file.ts";
import type { SessionPolicy } from "./policy.ts";
import { PolicyRefusal } from "./policy-refusal.ts";

export interface AskedSession {
  agent: string;
  cwd: string;
  /** The hub's own command line instead of an agent. */
  isCommand: boolean;
  /** Folders in which every session may work: the checkouts of tasks, which are made only where that is allowed. */
  always: readonly string[];
}

/** Throws PolicyRefusal when the hub may not start such a session here. Links are followed first. */
export function mayStart({ start, agents, folders }: SessionPolicy, asked: AskedSession): void {
  if (!start) throw new PolicyRefusal("sessions.start", "starts no sessions");
  if (agents && (asked.isCommand || !agents.includes(asked.agent))) {
    throw new PolicyRefusal("sessions.agents", `does not start ${asked.isCommand ? "command lines" : asked.agent}`);
  }
  if (!folders) return;
  const real = realOf(asked.cwd);
  const allowed = [...folders, ...asked.always].flatMap((folder) => realOf(absolute(folder)) ?? []);
  if (real !== undefined && allowed.some((folder) => holds(folder, real))) return;
  throw new PolicyRefusal("sessions.folders", `starts no sessions in ${asked.cwd}`);
}

const absolute = (path: string): string => resolve(homedir(), path.replace(/^~(?=\/|$)/, homedir()));

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
