import type { Task } from "@orchestratia/protocol/tasks";
import type { FastifyReply, FastifyRequest } from "fastify";
import { etagOf } from "./if-match.ts";
import type { Asker } from "./open-moves.ts";
import { getTask, type TaskSources } from "./queries.ts";

/** The task as it is now, with its version as ETag. */
export async function answerTask(
  sources: TaskSources,
  reply: FastifyReply,
  id: string,
  warnings: readonly string[] = [],
): Promise<Task> {
  const task = await getTask(sources, id, askerOf(reply.request));
  reply.header("etag", etagOf(task.version));
  return warnings.length === 0 ? task : { ...task, warnings: [...warnings] };
}

/** Who was let in, and whether they may do more than look. */
function askerOf({ identity, project }: Pick<FastifyRequest, "identity" | "project">): Asker {
  if (!identity) throw new Error("nobody was let in");
  return { caller: identity.caller, mayWrite: project?.mayWrite ?? true };
}
