import { z } from "zod";
import { operation } from "../operation.ts";
import { ProjectRef } from "../vocabulary.ts";

const EventQuery = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Facts behind this position; without it, and without Last-Event-ID, those from now on"),
  project: ProjectRef.optional().describe("One project; without it everything that the caller may see"),
  event_type: z
    .string()
    .max(1000)
    .optional()
    .describe("One or several with commas between them; task.* is everything that begins so"),
});

export const streamEvents = operation({
  id: "streamEvents",
  access: "signed_in",
  door: "people",
  tag: "activity",
  method: "GET",
  path: "/api/v1/events",
  summary: "What happens, as server-sent events: each fact once, in order, with its position as the event's id",
  query: EventQuery,
  response: z.string(),
  problems: ["project_not_found", "invalid_request"],
  streams: "text/event-stream",
});
