import { setTimeout as sleep } from "node:timers/promises";
import type { SessionRecord } from "@orchestratia/holder-link/session-record";
import { isTreeGone, type ProcessTree, signalTree, startedAt } from "./holder/process-session.ts";

const killAfterMs = 2000;
const lookMs = 50;

/**
 * Ends what still runs of a session whose holder was killed: nobody could reach it any more. Asks it to leave, and makes
 * it leave two seconds later. Where /proc is missing nothing tells a process from a later one of the same number.
 */
export async function endLeftBehind({ id, pid, pid_started }: SessionRecord): Promise<void> {
  const seen = new Set<string>();
  const left = (): ProcessTree => {
    const isLeader = pid_started !== undefined && startedAt(pid) === pid_started;
    return { leader: isLeader ? pid : undefined, sessionId: id, seen };
  };
  if (isTreeGone(left())) return;
  signalTree(left(), "SIGHUP");
  signalTree(left(), "SIGCONT");
  for (const since = Date.now(); Date.now() - since < killAfterMs; ) {
    await sleep(lookMs);
    if (isTreeGone(left())) return;
  }
  signalTree(left(), "SIGKILL");
}
