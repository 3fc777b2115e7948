import { z } from "zod";
import { AgentStatus, SessionRole } from "./vocabulary.ts";

/**
 * `/ws/server`, version 1: text frames, one JSON object each, told apart by `type`. The daemon speaks first (`auth`),
 * the hub's first frame is `auth_ok`. Ids from a daemon are plain strings: version 1 may send a tmux name.
 */
const Id = z.string().min(1).max(200);
const Base64 = z.string().max(44_000_000);
const TransferId = Id.describe("As answered by the request that began the transfer");
const HubTransferId = z.string().describe("The same in every frame of one transfer");
const RequestId = Id.describe("Of the question that it answers");
const int = z.number().int();

export const DaemonFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("auth"), api_key: z.string().max(500) }),
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
  z.object({ type: z.literal("session_status"), session_id: Id, agent_status: AgentStatus }),
  z.object({ type: z.literal("session_closed"), session_id: Id, exit_code: int.nullish() }),
  z.object({ type: z.literal("session_error"), session_id: Id, error: z.string().max(20_000) }),
  z.object({ type: z.literal("session_working_dir"), session_id: Id, working_dir: z.string().max(4096) }),
  z.object({
    type: z.literal("scrollback_captured"),
    session_id: Id,
    lines: z.array(z.string()),
    error: z.string().nullish(),
  }),
  z.object({
    type: z.literal("remote_exec_result"),
    request_id: RequestId,
    exit_code: int.default(-1).describe("-1: it could not be run to its end"),
    stdout: z.string().default("").describe("What it printed"),
    stderr: z.string().default("").describe("What it complained of"),
  }),
  z.object({ type: z.literal("file_accept"), transfer_id: TransferId }),
  z.object({
    type: z.literal("file_chunk"),
    transfer_id: TransferId,
    index: int.min(0).describe("From 0, in order"),
    data: z.string().max(1_400_000).describe("Base64 of at most 65,536 bytes"),
    total_chunks: int.min(0).default(0).describe("Of the whole file"),
  }),
  z.object({
    type: z.literal("file_complete"),
    transfer_id: TransferId,
    total_chunks: int.min(0).default(0).describe("0 for an empty file"),
    sha256: z.string().max(64).describe("Of the whole file, in hexadecimal"),
  }),
  z.object({
    type: z.literal("file_ack"),
    transfer_id: TransferId,
    sha256_verified: z.boolean().describe("What it has has the SHA-256 that it should have"),
  }),
  z.object({
    type: z.literal("file_error"),
    transfer_id: TransferId,
    error: z.string().max(20_000).default("").describe("Why, in words"),
  }),
]);
export type DaemonFrame = z.infer<typeof DaemonFrame>;

const session = { session_id: z.string() };

export const HubFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("auth_ok") }),
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
  }),
  z.object({ type: z.literal("session_recovered_ack"), ...session, tmux_name: z.string() }),
  z.object({ type: z.literal("session_input"), ...session, data: Base64 }),
  z.object({ type: z.literal("session_resize"), ...session, cols: int, rows: int }),
  z.object({ type: z.literal("session_close"), ...session }),
  z.object({ type: z.literal("capture_scrollback"), ...session }),
  z.object({
    type: z.literal("task_assigned"),
    ...session,
    task_id: z.string(),
    title: z.string(),
    version: int,
    priority: z.string(),
    require_plan: z.boolean(),
    spec: z.string().optional(),
    structured_spec: z.unknown().optional(),
    resolved_inputs: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ type: z.literal("task_updated"), ...session, task_id: z.string(), title: z.string(), spec: z.string() }),
  z.object({ type: z.literal("plan_approved"), ...session, task_id: z.string() }),
  z.object({ type: z.literal("plan_revision"), ...session, task_id: z.string(), feedback: z.string() }),
  z.object({
    type: z.literal("intervention_response"),
    ...session,
    intervention_id: z.string(),
    task_id: z.string(),
    response: z.string(),
  }),
  z.object({
    type: z.literal("intervention_for_session"),
    ...session,
    target_session_id: z.string(),
    intervention_id: z.string(),
    question: z.string(),
    source: z.string(),
  }),
  z.object({
    type: z.literal("task_note"),
    ...session,
    task_id: z.string(),
    content: z.string(),
    urgent: z.boolean(),
    author: z.string(),
  }),
  z.object({
    type: z.literal("task_status_update"),
    ...session,
    task_id: z.string(),
    title: z.string(),
    status: z.string(),
    status_label: z.string(),
    summary: z.string(),
  }),
  z.object({ type: z.literal("approval_rules_updated") }),
  z.object({
    type: z.literal("remote_exec"),
    request_id: z.string().describe("To be named in the answer"),
    command: z.string().describe("For the system's shell; it changes to the session's directory first"),
  }),
  z.object({
    type: z.literal("file_offer"),
    transfer_id: HubTransferId,
    filename: z.string().describe("A plain name, never a path"),
    file_size: int.describe("Bytes"),
    sha256: z.string().describe("Of the whole file, in hexadecimal"),
    sender_session: z.string().describe("Name of the session or server it comes from"),
  }),
  z.object({
    type: z.literal("file_send_start"),
    transfer_id: HubTransferId,
    file_path: z.string().describe("On the sender's machine, as the sender said"),
  }),
  z.object({
    type: z.literal("file_chunk"),
    transfer_id: HubTransferId,
    index: int.describe("From 0, in order"),
    data: Base64.describe("Base64 of at most 65,536 bytes"),
    total_chunks: int.describe("Of the whole file"),
  }),
  z.object({
    type: z.literal("file_complete"),
    transfer_id: HubTransferId,
    total_chunks: int.describe("0 for an empty file"),
    sha256: z.string().describe("Of the whole file, in hexadecimal"),
  }),
  z.object({
    type: z.literal("file_ack"),
    transfer_id: HubTransferId,
    sha256_verified: z.boolean().describe("The receiver has the file as it was announced"),
  }),
  z.object({ type: z.literal("file_error"), transfer_id: HubTransferId, error: z.string().describe("Why, in words") }),
]);
export type HubFrame = z.infer<typeof HubFrame>;

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
