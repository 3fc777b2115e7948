import { RefusedError, UnreachableError } from "@orchestratia/client/http";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import * as operations from "../operations.ts";

/** Agents run this at every start, so it may not keep them waiting. */
const TIMEOUT_MS = 5000;

export const status: CommandModule = {
  examples: ["orchestratia status", "orchestratia status --json"],
  define(command, context) {
    command.action(async () => {
      const answer = { ...unconnected(context), ...(await askHub(context)) };
      context.output.answer(answer, ({ connected, error, ...known }) => {
        if (!connected) return [`Not connected: ${error ?? "the hub did not say who this is."}`];
        const who = known.session_name ? `${known.session_name} (${known.role})` : "no session";
        const { running, pending } = known.task_summary;
        return [
          `${who} on ${known.server_name}, project ${known.project_name}: ${running} running, ${pending} pending`,
        ];
      });
    });
  },
};

/** What is known without the hub, in the form of its answer. */
const unconnected = ({ environment }: Context) => ({
  connected: false,
  error: undefined as string | undefined,
  server_id: null as string | null,
  server_name: null as string | null,
  session_id: environment.sessionId ?? null,
  session_name: null as string | null,
  project_id: environment.projectId ?? null,
  project_name: null as string | null,
  role: "worker",
  tasks: [] as readonly unknown[],
  task_summary: { pending: 0, running: 0, total: 0 },
});

/** The hub's answer, or why there is none: whoever asks who they are is told so, never failed. */
async function askHub(context: Context) {
  try {
    const hub = await context.hub({ timeoutMs: TIMEOUT_MS });
    return await hub.call(operations.status, { query: { session_id: context.environment.sessionId } });
  } catch (error) {
    const expected =
      error instanceof RefusedError || error instanceof UnreachableError || error instanceof CommandError;
    if (!expected) throw error;
    return { error: error.message };
  }
}
