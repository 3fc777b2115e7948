import { z } from "zod";
import { AgentWait } from "./agent-wait.ts";
import { DAEMON_FILE_FRAMES, HUB_FILE_FRAMES } from "./file-frames.ts";
import { Base64, delivery_id, Id, int, RequestId, session } from "./frame-fields.ts";
import { DAEMON_REMOTE_FRAMES, HUB_REMOTE_FRAMES } from "./remote-frames.ts";
import { AgentStatus, Moment, SessionRole } from "./vocabulary.ts";
import { EvidenceResult, WorkspaceDiff, Worktree } from "./workspace.ts";

/**
 * `/ws/server`: text frames, one JSON object each, told apart by `type`. The daemon speaks first (`auth`), the hub's
 * first frame is `auth_ok`. Ids from a daemon are plain strings: version 1 may send a tmux name.
 *
 * Version 2 is asked for in `auth`. It adds what VERSION_2_DAEMON_FRAMES and VERSION_2_HUB_FRAMES name, terminal bytes
 * become binary frames (terminal-frame.ts), and what VERSION_1_ONLY names is not sent any more.
 */
/** What a daemon has of one session. */
export const SessionInventory = z.object({
  session_id: Id,
  pid: int.nullable(),
  working_dir: z.string().max(4096),
  cols: int.min(1).max(2000),
  rows: int.min(1).max(2000),
  start: int.min(0).describe("The oldest byte that can still be asked for"),
  end: int.min(0).describe("Where its output ends so far"),
  agent_status: AgentStatus,
  waiting: AgentWait.nullish(),
  exit: z
    .object({ exit_code: int.nullable(), offset: int.min(0) })
    .nullable()
    .describe("How it ended; null while it runs"),
});
export type SessionInventory = z.infer<typeof SessionInventory>;

export const DaemonFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("auth"),
    api_key: z.string().max(500),
    protocol: int.min(1).optional().describe("2 for version 2; version 1 without it"),
  }),
  z.object({
    type: z.literal("session_started"),
    session_id: Id,
    pid: int.nullish(),
    tmux_name: z.string().max(200).default(""),
    working_dir: z.string().max(4096).default(""),
    recovered: z.boolean().default(false),
  }),
  z.object({
    type: z.literal("session_recovered"),
    tmux_name: Id,
    pid: int.nullish(),
    working_dir: z.string().max(4096).default(""),
  }),
  z.object({ type: z.literal("session_output"), session_id: Id, data: Base64 }),
  z.object({ type: z.literal("session_screen"), session_id: Id, lines: z.array(z.string()).max(2000) }),
  z.object({
    type: z.literal("session_status"),
    session_id: Id,
    agent_status: AgentStatus,
    waiting: AgentWait.nullish().describe("Version 2: what people are to be asked, while it waits"),
  }),
  z.object({
    type: z.literal("session_closed"),
    session_id: Id,
    exit_code: int.nullish().describe("Below 0: the signal that ended it; null: nobody saw how"),
    offset: int.min(0).optional().describe("Version 2: where its output ends; said again until session_closed_ack"),
    error: z.string().max(20_000).optional().describe("Why the machine ended it, which has a limit"),
  }),
  z.object({ type: z.literal("session_error"), session_id: Id, error: z.string().max(20_000) }),
  z.object({ type: z.literal("session_input_refused"), session_id: Id }),
  z.object({
    type: z.literal("session_warning"),
    session_id: Id,
    text: z.string().max(2000).describe("What people should know before the machine ends it"),
  }),
  z.object({ type: z.literal("session_working_dir"), session_id: Id, working_dir: z.string().max(4096) }),
  z.object({
    type: z.literal("scrollback_captured"),
    session_id: Id,
    lines: z.array(z.string()),
    error: z.string().nullish(),
  }),
  z.object({ type: z.literal("inventory"), sessions: z.array(SessionInventory).max(10_000) }),
  z.object({
    type: z.literal("session_resized"),
    session_id: Id,
    offset: int.min(0).describe("The bytes from here on were printed at this size"),
    cols: int.min(1).max(2000),
    rows: int.min(1).max(2000),
  }),
  z.object({
    type: z.literal("delivery"),
    delivery_id: z.string().min(1).max(200),
    session_id: Id,
    state: z.enum(["delivered", "deferred", "failed"]).describe("deferred: it waits on the daemon, another comes"),
    reason: z.string().max(1000).nullish(),
  }),
  ...DAEMON_REMOTE_FRAMES,
  ...DAEMON_FILE_FRAMES,
  z.object({
    type: z.literal("workspace_result"),
    request_id: RequestId,
    ok: z.boolean(),
    error: z.string().max(20_000).nullish().describe("Why not, in words"),
    no_checkout: z.boolean().nullish().describe("Of workspace_prepare: there can be none, now or later"),
    worktree: Worktree.nullish().describe("Of workspace_prepare"),
    worktrees: z.array(Worktree).max(10_000).nullish().describe("Of workspace_list"),
    diff: WorkspaceDiff.nullish().describe("Of workspace_diff"),
  }),
  z.object({
    type: z.literal("evidence_output"),
    request_id: RequestId,
    command: int.min(0).describe("Which of the commands, from 0"),
    stream: z.enum(["stdout", "stderr"]),
    content: z.string().max(64_000),
  }),
  z.object({
    type: z.literal("evidence_result"),
    request_id: RequestId,
    ok: z.boolean().describe("Every command was run and exited with 0"),
    error: z.string().max(20_000).nullish().describe("Why nothing was run, in words"),
    results: z.array(EvidenceResult).max(100).describe("Up to the first that failed; none ran behind it"),
  }),
]);
export type DaemonFrame = z.infer<typeof DaemonFrame>;

const asked = { request_id: z.string().describe("To be named in the answer") };

export const HubFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("auth_ok"),
    protocol: int.optional().describe("2 when version 2 was asked for"),
    hub_time: Moment.optional().describe("Version 2: the hub's clock"),
  }),
  z.object({
    type: z.literal("session_start"),
    ...session,
    working_directory: z.string().nullish(),
    cols: int.default(120),
    rows: int.default(40),
    project_id: z.string(),
    role: SessionRole,
    agent_type: z.string().describe("claude_code, gemini_cli, codex_cli …: what version 1 clients know"),
    agent: z.string().optional().describe("Ours: what to launch, by the name the daemon reported"),
    command: z.string().optional().describe("Ours: a command line instead of a known agent's"),
    env: z.record(z.string(), z.string()).optional(),
    session_token: z.string().optional().describe("Ours: the session's own token"),
    number: int.optional().describe("Version 2: what its binary frames carry"),
    name: z.string().max(200).optional().describe("Ours: what the session is called, for people at the machine"),
    resumes: Id.optional().describe("Ours: the session on this machine whose agent's conversation it goes on with"),
  }),
  z.object({ type: z.literal("session_recovered_ack"), ...session, tmux_name: z.string() }),
  z.object({ type: z.literal("session_input"), ...session, data: Base64 }),
  z.object({ type: z.literal("session_resize"), ...session, cols: int, rows: int }),
  z.object({ type: z.literal("session_close"), ...session }),
  z.object({ type: z.literal("capture_scrollback"), ...session }),
  z.object({
    type: z.literal("task_assigned"),
    ...session,
    delivery_id,
    task_id: z.string(),
    title: z.string(),
    version: int,
    priority: z.string(),
    require_plan: z.boolean(),
    spec: z.string().optional(),
    structured_spec: z.unknown().optional(),
    resolved_inputs: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({
    type: z.literal("task_updated"),
    ...session,
    delivery_id,
    task_id: z.string(),
    title: z.string(),
    spec: z.string(),
  }),
  z.object({ type: z.literal("plan_approved"), ...session, delivery_id, task_id: z.string() }),
  z.object({ type: z.literal("plan_revision"), ...session, delivery_id, task_id: z.string(), feedback: z.string() }),
  z.object({
    type: z.literal("intervention_response"),
    ...session,
    delivery_id,
    intervention_id: z.string(),
    task_id: z.string(),
    response: z.string(),
  }),
  z.object({
    type: z.literal("prompt_answer"),
    ...session,
    delivery_id: z.string().describe("To be named in delivery frames until it is delivered"),
    text: z.string().describe("For what the agent waits for: one of the options, or words to type; else it fails"),
  }),
  z.object({
    type: z.literal("intervention_for_session"),
    ...session,
    delivery_id,
    target_session_id: z.string(),
    intervention_id: z.string(),
    question: z.string(),
    source: z.string(),
  }),
  z.object({
    type: z.literal("task_note"),
    ...session,
    delivery_id,
    task_id: z.string(),
    content: z.string(),
    urgent: z.boolean(),
    author: z.string(),
  }),
  z.object({
    type: z.literal("task_status_update"),
    ...session,
    delivery_id,
    task_id: z.string(),
    title: z.string(),
    status: z.string(),
    status_label: z.string(),
    summary: z.string(),
  }),
  z.object({ type: z.literal("approval_rules_updated") }),
  z.object({
    type: z.literal("inventory"),
    sessions: z
      .array(
        z.object({
          session_id: z.string(),
          number: int.describe("What its binary frames carry"),
          recorded: int.min(0).describe("The number of the next recording segment"),
        }),
      )
      .describe("Those of the daemon's that live on; it closes every other one"),
  }),
  z.object({ type: z.literal("session_closed_ack"), ...session }),
  z.object({
    type: z.literal("session_watch"),
    ...session,
    from: int.nullable().describe("Output from this byte on; null, or where it is too far back: a snapshot first"),
  }),
  z.object({ type: z.literal("session_unwatch"), ...session }),
  z.object({ type: z.literal("session_snapshot"), ...session }),
  z.object({ type: z.literal("ack"), ...session, offset: int.describe("Every byte before it is consumed") }),
  z.object({ type: z.literal("recorded"), ...session, segment: int.describe("It and those before it are kept") }),
  z.object({
    type: z.literal("session_driver"),
    ...session,
    user: z.string().nullable().describe("Who types from here on; for the recording"),
  }),
  ...HUB_REMOTE_FRAMES,
  ...HUB_FILE_FRAMES,
  z.object({
    type: z.literal("workspace_prepare"),
    ...asked,
    task_id: z.string(),
    task_key: z.string().describe("The branch is orc/ and this"),
    repo: z.string().describe("Its name in the machine's agent.yaml"),
    branch: z.string().nullable().describe("What to begin from; null: what the machine's own checkout has"),
  }),
  z.object({
    type: z.literal("workspace_list"),
    ...asked,
    task_ids: z.array(z.string()).max(10_000).optional().describe("Only those; an older daemon answers all"),
  }),
  z.object({ type: z.literal("workspace_diff"), ...asked, task_id: z.string() }),
  z.object({
    type: z.literal("workspace_discard"),
    ...asked,
    task_id: z.string(),
    force: z.boolean().describe("Uncommitted work is lost too"),
    only_merged: z.boolean().optional().describe("Refused unless nothing at all is lost, branch included"),
  }),
  z.object({
    type: z.literal("evidence_run"),
    ...asked,
    worker_session: z.string().describe("Where its agent works is where they run, when the task has no worktree"),
    task_id: z.string(),
    commands: z.array(z.string()).describe("For the system's shell, one after another until one fails"),
    limit_s: int.describe("For each of them"),
  }),
]);
export type HubFrame = z.infer<typeof HubFrame>;

export const VERSION_2_DAEMON_FRAMES: readonly DaemonFrame["type"][] = [
  "inventory",
  "session_resized",
  "delivery",
  "remote_exec_output",
  "remote_read_result",
  "file_taking",
  "file_progress",
  "file_received",
  "workspace_result",
  "evidence_output",
  "evidence_result",
];
export const VERSION_2_HUB_FRAMES: readonly HubFrame["type"][] = [
  "inventory",
  "session_closed_ack",
  "session_watch",
  "session_unwatch",
  "session_snapshot",
  "ack",
  "recorded",
  "session_driver",
  "prompt_answer",
  "remote_exec_taken",
  "remote_exec_cancel",
  "remote_read",
  "file_take",
  "file_send",
  "file_progress",
  "file_settled",
  "file_arrived",
  "workspace_prepare",
  "workspace_list",
  "workspace_diff",
  "workspace_discard",
  "evidence_run",
];
/** What version 2 says otherwise. */
export const VERSION_1_ONLY: readonly (DaemonFrame | HubFrame)["type"][] = [
  "session_recovered",
  "session_recovered_ack",
  "session_output",
  "session_input",
];

/** Bytes of one session's output that a daemon sends ahead of the hub's `ack`. */
export const OUTPUT_IN_FLIGHT_BYTES = 128 * 1024;
/** Bytes of one file that its sender sends ahead of the receiver's `file_progress`. */
export const FILE_IN_FLIGHT_BYTES = 256 * 1024;
/** What one binary frame of a file carries at most. */
export const FILE_FRAME_BYTES = 32 * 1024;
/** How far back a watcher that returns is sent bytes; further back a snapshot is shorter. */
export const CATCH_UP_BYTES = 256 * 1024;

/** Largest frame the hub sends to a version 1 daemon, in bytes; larger ones close its link. */
export const V1_FRAME_MAX_BYTES = 512 * 1024;
/** Largest frame a daemon may send, in bytes. */
export const DAEMON_FRAME_MAX_BYTES = 32 * 1024 * 1024;
/** How many frames a second the hub reads from one daemon; more wait in its socket. */
export const DAEMON_FRAMES_PER_SECOND = 5_000;

/** The hub closes with one of these, so that a daemon's log says why. */
export const CLOSE_CODES = {
  goingAway: 1001,
  tooBig: 1009,
  badFrame: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  authTimeout: 4408,
  superseded: 4409,
} as const;
