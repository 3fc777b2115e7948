import { z } from "zod";
import { Activity } from "./activity.ts";
import { OutputStream } from "./task-output.ts";
import { Actor, Moment, SessionId } from "./vocabulary.ts";

/** `/ws/dashboard`: text frames are JSON by `type`; binary frames are terminal bytes (terminal-frame.ts). */
const int = z.number().int();
const size = { cols: int.min(2).max(1000), rows: int.min(2).max(1000) };

/** `project:<id>`, `task:<id>`, `session:<id>` or `inbox`. */
export const Topic = z.string().regex(/^(?:(?:project|task|session):[0-9a-f-]{36}|inbox)$/);

export const ViewerFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("auth"), token: z.string().max(5000), encoding: z.enum(["binary", "base64"]).optional() }),
  z.object({ type: z.literal("subscribe"), topic: Topic, after: int.min(0).optional() }),
  z.object({ type: z.literal("unsubscribe"), topic: Topic }),
  z.object({
    type: z.literal("attach"),
    session_id: SessionId,
    offset: int.min(0).optional(),
    ...size,
    mode: z.enum(["watch", "drive"]).default("watch"),
    viewer: z
      .string()
      .min(16)
      .max(64)
      .optional()
      .describe(
        "A secret of this viewer's own, the same over each of its connections: a newer one takes the session over from " +
          "an older one, with the keyboard, and that is ended when it has none left",
      ),
  }),
  z.object({ type: z.literal("detach"), session_id: SessionId }),
  z.object({
    type: z.literal("session_input"),
    session_id: SessionId,
    data: z.string().max(400_000).describe("base64"),
  }),
  z.object({ type: z.literal("session_resize"), session_id: SessionId, ...size }),
  z.object({ type: z.literal("take_over"), session_id: SessionId, ...size }),
  z.object({ type: z.literal("release"), session_id: SessionId }),
  z.object({ type: z.literal("ack"), session_id: SessionId, offset: int.min(0) }),
  z.object({
    type: z
      .literal("ping")
      .describe("Answered by `pong`, by a hub whose `auth_ok` says so: pages cannot ping a socket"),
  }),
]);
export type ViewerFrame = z.infer<typeof ViewerFrame>;

const fact = { position: int, project_id: z.string().nullable(), at: Moment, actor: Actor };

export const DashboardFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("auth_ok"),
    user: z.object({ id: z.string(), name: z.string() }),
    position: int,
    answers_ping: z.boolean().optional(),
  }),
  z.object({
    type: z.literal("task_event"),
    event_type: z.string(),
    task_id: z.string(),
    details: z.record(z.string(), z.unknown()),
    ...fact,
  }),
  z.object({
    type: z
      .literal("task_output")
      .describe("To those who subscribed to the task, behind the fact; a replay brings none"),
    task_id: z.string(),
    server_id: z.string().nullable(),
    seq: int,
    stream: OutputStream,
    content: z.string(),
    ...fact,
  }),
  z.object({
    type: z.literal("session_event"),
    event: z.string(),
    session_id: z.string(),
    details: z.record(z.string(), z.unknown()),
    ...fact,
  }),
  z.object({
    type: z.literal("activity").describe("Facts that are of no task and no session: servers, projects"),
    activity: Activity,
  }),
  z.object({
    type: z.literal("session_output"),
    session_id: z.string(),
    data: z.string().describe("base64"),
    offset: int,
  }),
  z.object({
    type: z.literal("attached"),
    session_id: z.string(),
    number: int,
    offset: int.describe("Of the first byte that follows; a snapshot of another offset may come first"),
    cols: int,
    rows: int,
    driver: z.string().nullable(),
    you: z.boolean().describe("You are the driver"),
  }),
  z.object({
    type: z.literal("snapshot"),
    session_id: z.string(),
    offset: int.describe("The output from here on continues what the snapshot shows"),
    cols: int,
    rows: int,
    screen: z.string().describe("base64 of text that paints an empty terminal"),
  }),
  z.object({
    type: z.literal("resized"),
    session_id: z.string(),
    offset: int.describe("The bytes from here on were printed at this size"),
    cols: int,
    rows: int,
  }),
  z.object({
    type: z.literal("driver"),
    session_id: z.string(),
    user: z.string().nullable().describe("Null: whoever types next"),
    you: z.boolean(),
  }),
  z.object({ type: z.literal("caught_up"), topic: z.string(), position: int }),
  z.object({ type: z.literal("pong") }),
  z.object({
    type: z.literal("problem"),
    problem: z.record(z.string(), z.unknown()),
    session_id: z.string().optional(),
  }),
]);
export type DashboardFrame = z.infer<typeof DashboardFrame>;

/** A viewer acknowledges output at the latest when it has consumed this much since it last did. */
export const VIEWER_ACK_BYTES = 32 * 1024;
/** Largest frame a viewer may send, in bytes. */
export const VIEWER_FRAME_MAX_BYTES = 512 * 1024;
/** How many frames a second the hub reads from one viewer; more wait in its socket. */
export const VIEWER_FRAMES_PER_SECOND = 1_000;
