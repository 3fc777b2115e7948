import type { DashboardFrame, ViewerFrame } from "./dashboard-link.ts";
import type { DaemonFrame, HubFrame } from "./server-link.ts";

/**
 * The least that lets somebody send a frame: `anyone` who has connected, a `server` that has signed in with its key, or,
 * of what the frame names, a `viewer` or a `member` of its project. `hub`: what the hub alone sends.
 */
export type FrameAccess = "anyone" | "server" | "signed_in" | "viewer" | "member" | "hub";

/** Who may send what at `/ws/server`. A daemon speaks for sessions of its own server only. */
export const SERVER_FRAMES = {
  auth: "anyone",
  session_started: "server",
  session_recovered: "server",
  session_output: "server",
  session_screen: "server",
  session_status: "server",
  session_closed: "server",
  session_error: "server",
  session_input_refused: "server",
  session_warning: "server",
  session_working_dir: "server",
  scrollback_captured: "server",
  inventory: "server",
  session_resized: "server",
  delivery: "server",
  remote_exec_result: "server",
  remote_read_result: "server",
  file_accept: "server",
  file_chunk: "server",
  file_complete: "server",
  file_ack: "server",
  file_error: "server",
  file_taking: "server",
  file_progress: "server",
  file_received: "server",
  workspace_result: "server",
  evidence_output: "server",
  evidence_result: "server",
} as const satisfies Record<DaemonFrame["type"], FrameAccess>;

/** What the hub sends a daemon. */
export const HUB_FRAMES = {
  auth_ok: "hub",
  session_start: "hub",
  session_recovered_ack: "hub",
  session_input: "hub",
  session_resize: "hub",
  session_close: "hub",
  capture_scrollback: "hub",
  task_assigned: "hub",
  task_updated: "hub",
  plan_approved: "hub",
  plan_revision: "hub",
  intervention_response: "hub",
  prompt_answer: "hub",
  intervention_for_session: "hub",
  task_note: "hub",
  task_status_update: "hub",
  approval_rules_updated: "hub",
  inventory: "hub",
  session_closed_ack: "hub",
  session_watch: "hub",
  session_unwatch: "hub",
  session_snapshot: "hub",
  ack: "hub",
  recorded: "hub",
  session_driver: "hub",
  remote_exec: "hub",
  remote_read: "hub",
  file_offer: "hub",
  file_send_start: "hub",
  file_chunk: "hub",
  file_complete: "hub",
  file_ack: "hub",
  file_error: "hub",
  file_take: "hub",
  file_send: "hub",
  file_progress: "hub",
  file_settled: "hub",
  file_arrived: "hub",
  workspace_prepare: "hub",
  workspace_list: "hub",
  workspace_diff: "hub",
  workspace_discard: "hub",
  evidence_run: "hub",
} as const satisfies Record<HubFrame["type"], FrameAccess>;

/** Who may send what at `/ws/dashboard`; `attach` in `drive` mode needs a member. */
export const VIEWER_FRAMES = {
  auth: "anyone",
  subscribe: "viewer",
  unsubscribe: "signed_in",
  attach: "viewer",
  detach: "signed_in",
  session_input: "member",
  session_resize: "member",
  take_over: "member",
  release: "signed_in",
  ack: "signed_in",
  ping: "signed_in",
} as const satisfies Record<ViewerFrame["type"], FrameAccess>;

/** What the hub sends a viewer. */
export const DASHBOARD_FRAMES = {
  auth_ok: "hub",
  task_event: "hub",
  task_output: "hub",
  session_event: "hub",
  activity: "hub",
  session_output: "hub",
  attached: "hub",
  snapshot: "hub",
  resized: "hub",
  driver: "hub",
  caught_up: "hub",
  pong: "hub",
  problem: "hub",
} as const satisfies Record<DashboardFrame["type"], FrameAccess>;
