import { UnreachableError } from "@orchestratia/client/http";
import type { RemoteLine, RemoteResult } from "@orchestratia/protocol/remote";
import type { Context } from "./context.ts";
import { givenSeconds } from "./given-seconds.ts";
import * as operations from "./operations.ts";

/** What a shell calls a program that could not be run to its end; the protocol's -1 is no exit code of a process. */
const UNFINISHED = 255;

/**
 * Runs a line on another session's machine, and waits a little longer than the hub does. What it prints is printed as it
 * comes, and how it ends is how we end. Who ends us ends it.
 */
export async function runRemote(
  context: Context,
  { session, command, timeout }: { session: string; command: string; timeout: string },
): Promise<void> {
  const seconds = givenSeconds(timeout);
  const hub = await context.hub({ timeoutMs: (Math.min(seconds, 120) + 10) * 1000 });
  const body = { session_name: session, command, timeout: seconds };
  const query = { project_id: context.environment.projectId };
  const { output } = context;
  const whole = { stdout: "", stderr: "" };
  let exit_code: number | undefined;
  for await (const line of hub.lines(operations.remoteExec, { query, body })) {
    const { stdout = "", stderr = "" }: RemoteLine = line;
    exit_code = line.exit_code ?? exit_code;
    if (!output.json) output.printed({ stdout, stderr });
    else {
      whole.stdout += stdout;
      whole.stderr += stderr;
    }
  }
  if (exit_code === undefined) throw new UnreachableError("The hub's answer broke off before the command had ended.");
  endAs(context, exit_code);
  const result: RemoteResult = { exit_code, ...whole };
  if (output.json) output.printed(result);
}

/** What it printed is what we print, and how it ended is how we end. */
export function printRemote(context: Context, result: RemoteResult): void {
  endAs(context, result.exit_code);
  context.output.printed(result);
}

function endAs({ outcome }: Context, exitCode: number): void {
  outcome.exitCode = exitCode < 0 ? UNFINISHED : exitCode;
}
