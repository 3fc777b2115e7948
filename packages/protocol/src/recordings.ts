import { z } from "zod";
import { Moment, ServerId, SessionId, SessionStatus, TaskId } from "./vocabulary.ts";

const seconds = z.number().describe("Since the session's start");

/** What there is of one session's recording. */
export const Recording = z
  .object({
    session_id: SessionId,
    session_name: z.string(),
    session_status: SessionStatus,
    agent: z.string(),
    server_id: ServerId,
    server_name: z.string(),
    started_at: Moment,
    closed_at: Moment.nullable(),
    task_id: TaskId.nullable().describe("The last task that was worked on in it"),
    task_key: z.string().nullable(),
    begins: seconds.describe("Seconds since the session's start; above 0 when its beginning is not kept any more"),
    ends: seconds.describe("Seconds since the session's start of the last event that came in so far"),
    bytes: z.number().int().describe("As stored, compressed"),
    segments: z.number().int(),
  })
  .meta({ id: "Recording" });
export type Recording = z.infer<typeof Recording>;

/** A moment at which something was printed. */
export const RecordingMoment = z
  .object({
    at: seconds.describe("Seconds since the session's start; what was found follows within about one"),
    snippet: z
      .array(z.object({ text: z.string(), match: z.boolean() }))
      .describe("What was printed, in parts: those with match are what was asked for"),
  })
  .meta({ id: "RecordingMoment" });
export type RecordingMoment = z.infer<typeof RecordingMoment>;

/** A session in which something was printed. */
export const RecordingHit = z
  .object({
    session_id: SessionId,
    session_name: z.string(),
    agent: z.string(),
    server_name: z.string(),
    started_at: Moment,
    found: z.number().int().describe("At how many moments"),
    moments: z.array(RecordingMoment).describe("The first of them"),
  })
  .meta({ id: "RecordingHit" });
export type RecordingHit = z.infer<typeof RecordingHit>;
