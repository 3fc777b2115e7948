import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as operations from "@orchestratia/protocol/operations/recordings";
import type { FastifyInstance } from "fastify";
import { serve, serveStream } from "../http/serve.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { castOf } from "./cast.ts";
import { getRecording, listRecordings } from "./queries.ts";
import type { Recordings } from "./recordings.ts";
import { searchRecordings } from "./search-recordings.ts";

/** What sessions printed, for people. */
export function recordingRoutes(app: FastifyInstance, recordings: Recordings): void {
  const { database, log } = recordings;

  serve(app, operations.listRecordings, async ({ project, query: { task, ...page } }) => {
    const taskId = task === undefined ? undefined : await resolveTaskRef(database, project.id, task);
    return listRecordings(database.sql, project.id, { ...page, taskId });
  });

  serve(app, operations.searchRecordings, ({ project, query }) => searchRecordings(database.sql, project.id, query));

  serve(app, operations.viewRecording, ({ project, params }) => getRecording(database.sql, project.id, params.session));

  serveStream(app, operations.downloadRecording, async ({ project, params, query, reply, open }) => {
    const recording = await getRecording(database.sql, project.id, params.session);
    reply.header("content-disposition", `attachment; filename="${fileNameOf(recording.session_name)}.cast"`);
    const cast = Readable.from(castOf(recordings, project.id, recording, query), {
      objectMode: true,
      highWaterMark: 1,
    });
    await pipeline(cast, open()).catch((error) => {
      // The head is sent: all that can be done is to end the answer where it stands, which the reader sees as broken off.
      log.warn({ err: error, session_id: params.session }, "a recording was not read to its end");
    });
  });
}

const fileNameOf = (name: string): string => name.replace(/[^\w.-]+/g, "-").slice(0, 100) || "session";
