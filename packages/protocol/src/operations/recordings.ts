import { z } from "zod";
import { operation } from "../operation.ts";
import { Recording, RecordingHit } from "../recordings.ts";
import { SearchText } from "../task-filter.ts";
import { Moment, ProjectRef, TaskRef } from "../vocabulary.ts";

const InProject = z.object({ project: ProjectRef });
const InSession = InProject.extend({ session: z.uuid() });
const after = z.string().max(200).optional().describe("The `next` of the page before");
const limit = z.coerce.number().int().min(1).max(200).default(50);
const Seconds = z.coerce.number().min(0).max(1e9);

export const listRecordings = operation({
  id: "listRecordings",
  door: "people",
  access: "viewer",
  tag: "recordings",
  method: "GET",
  path: "/api/v1/projects/:project/recordings",
  summary: "What is recorded, the newest sessions first",
  params: InProject,
  query: z.object({
    session: z.uuid().optional(),
    task: TaskRef.optional().describe("Of the sessions in which this task was worked on"),
    since: Moment.optional().describe("Of sessions that had not ended then"),
    until: Moment.optional().describe("Of sessions that had started then"),
    limit,
    after,
  }),
  response: z.object({ recordings: z.array(Recording), next: z.string().nullable() }),
  problems: ["project_not_found", "task_not_found", "task_ambiguous", "invalid_request"],
});

export const searchRecordings = operation({
  id: "searchRecordings",
  door: "people",
  access: "viewer",
  tag: "recordings",
  method: "GET",
  path: "/api/v1/projects/:project/recordings/search",
  summary: "Find the moments at which something was printed, in the newest sessions first",
  params: InProject,
  query: z.object({
    q: SearchText,
    session: z.uuid().optional(),
    moments: z.coerce.number().int().min(1).max(200).default(5).describe("At most so many of each session"),
    limit: z.coerce.number().int().min(1).max(100).default(20),
    after,
  }),
  response: z.object({ hits: z.array(RecordingHit), next: z.string().nullable() }),
  problems: ["project_not_found", "invalid_request"],
});

export const viewRecording = operation({
  id: "viewRecording",
  door: "people",
  access: "viewer",
  tag: "recordings",
  method: "GET",
  path: "/api/v1/projects/:project/sessions/:session/recording",
  summary: "What there is of a session's recording",
  params: InSession,
  response: Recording,
  problems: ["project_not_found", "session_not_found", "recording_not_found"],
});

export const downloadRecording = operation({
  id: "downloadRecording",
  door: "people",
  access: "viewer",
  tag: "recordings",
  method: "GET",
  path: "/api/v1/projects/:project/sessions/:session/recording/cast",
  summary: "A session's recording as asciicast v2, which asciinema plays; of a running session what came in so far",
  params: InSession,
  query: z.object({
    from: Seconds.optional().describe(
      "Seconds since the session's start; its times count from here. What was printed shortly before is in it at 0, so that the screen is right",
    ),
    to: Seconds.optional().describe("Seconds since the session's start"),
  }),
  response: z.string().describe("A line with the header, then one line for each event"),
  streams: "application/x-asciicast",
  problems: ["project_not_found", "session_not_found", "recording_not_found", "invalid_request"],
});
