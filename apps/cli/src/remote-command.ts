import type { RemoteResult } from "@orchestratia/protocol/remote";
import type { Context } from "./context.ts";
import { givenSeconds } from "./given-seconds.ts";
import * as operations from "./operations.ts";

/** What a shell calls a program that could not be run to its end; the protocol's -1 is no exit code of a process. */
const UNFINISHED = 255;

/** Runs a line on another session's machine, and waits a little longer than the hub does. */
export async function runRemote(
  context: Context,
  { session, command, timeout }: { session: string; command: string; timeout: string },
): Promise<RemoteResult> {
  const seconds = givenSeconds(timeout);
  const hub = await context.hub({ timeoutMs: (Math.min(seconds, 120) + 10) * 1000 });
  const body = { session_name: session, command, timeout: seconds };
  const query = { project_id: context.environment.projectId };
  return hub.call(operations.remoteExec, { query, body });
}

/** What it printed is what we print, and how it ended is how we end. */
export function printRemote({ output, outcome }: Context, result: RemoteResult): void {
  outcome.exitCode = result.exit_code < 0 ? UNFINISHED : result.exit_code;
  output.printed(result);
}
