import type { Task } from "@orchestratia/protocol/tasks";
import type { FastifyReply } from "fastify";
import { etagOf } from "./if-match.ts";
import { getTask, type TaskSources } from "./queries.ts";

/** The task as it is now, with its version as ETag. */
export async function answerTask(
  sources: TaskSources,
  reply: FastifyReply,
  id: string,
  warnings: readonly string[] = [],
): Promise<Task> {
  const task = await getTask(sources, id);
  reply.header("etag", etagOf(task.version));
  return warnings.length === 0 ? task : { ...task, warnings: [...warnings] };
}
