import { DashboardFrame, ViewerFrame } from "../../packages/protocol/src/dashboard-link.ts";
import {
  CLOSE_CODES,
  DaemonFrame,
  HubFrame,
  VERSION_2_DAEMON_FRAMES,
  VERSION_2_HUB_FRAMES,
} from "../../packages/protocol/src/server-link.ts";
import { type Field, fieldsOf, type Schema } from "./fields.ts";
import { code, table } from "./markdown.ts";

const DAEMON: Readonly<Record<DaemonFrame["type"], string>> = {
  auth: "Who I am; always the first frame",
  session_started: "The program runs, or was found again after a reconnect",
  session_recovered: "A tmux session was found whose id the daemon has forgotten",
  session_output: "What the program printed",
  session_screen: "The screen as text, when it has changed; how the hub sees what the agent does",
  session_status: "What the agent is doing",
  session_closed: "The program ended",
  session_input_refused: "The terminal cannot be reached and too much waits for it: what was just typed is lost",
  session_warning: "The session is near a limit of its machine",
  session_error: "The session could not be started",
  session_working_dir: "Where the program works, when that is known later",
  scrollback_captured: "The answer to capture_scrollback",
  inventory: "Every session of this server that the daemon has",
  session_resized: "The terminal has a new size",
  delivery: "What became of a message for an agent",
  remote_exec_output: "What a remote command printed, as it came",
  remote_exec_result: "What became of a remote command",
  remote_read_result: "A piece of a file, or why not",
  file_accept: "The receiver takes the file; only then is the sender asked for it",
  file_chunk: "The next piece, from the sender",
  file_complete: "That was the whole file",
  file_ack: "The receiver's verdict on what it has",
  file_error: "It does not work; from either end",
  file_taking: "From the receiver: send it, from here on",
  file_progress: "How far the file is",
  file_received: "The receiver has it whole, under its name, and its SHA-256 is right",
  workspace_result: "What became of a question about a task's own checkout",
  evidence_output: "What a verify command printed",
  evidence_result: "How the verify commands ended",
};

const HUB: Readonly<Record<HubFrame["type"], string>> = {
  auth_ok: "Welcome; always the first frame",
  session_start: "Start a program in a new terminal",
  session_recovered_ack: "The id that belongs to this tmux name",
  session_input: "Bytes to type",
  session_resize: "The terminal's new size",
  session_close: "End the program",
  capture_scrollback: "Send the scrollback",
  task_assigned: "Work for the session",
  task_updated: "The task was changed while it was being worked on",
  plan_approved: "Carry the plan out",
  plan_revision: "Change the plan",
  intervention_response: "The answer to what the worker asked",
  prompt_answer: "What people answered to what the agent waits for",
  intervention_for_session: "Another session asks this one",
  task_note: "Somebody wrote to the worker",
  task_status_update: "How a task went that this session created",
  approval_rules_updated: "Read the approval rules again",
  inventory: "The answer to the daemon's",
  session_closed_ack: "The end is written down: the daemon may forget the session",
  session_watch: "Somebody looks: send output",
  session_unwatch: "Nobody looks any more",
  session_snapshot: "Send a snapshot, and go on",
  ack: "What was consumed of a session's output",
  recorded: "What is kept of a session's recording",
  session_driver: "Somebody else types now",
  remote_exec: "Run a command, in no session",
  remote_exec_taken: "How much of a remote command's output was handed on",
  remote_exec_cancel: "End a remote command",
  remote_read: "Read a piece of a file",
  file_offer: "To the receiver: take this file?",
  file_send_start: "To the sender: the receiver takes it",
  file_chunk: "To the receiver: the next piece",
  file_complete: "To the receiver: that was the whole file",
  file_ack: "To the sender: the receiver's verdict",
  file_error: "To either end: it does not work, stop",
  file_take: "To the receiver: take this file, or go on with it",
  file_send: "To the sender: send it, from this offset on",
  file_progress: "To the sender: what the receiver has",
  file_settled: "To the receiver: it is known that the file is there, forget the transfer",
  file_arrived: "A file has come for the session's agent",
  workspace_prepare: "Make the task's own checkout, or say where it is",
  workspace_list: "Name the checkouts of the project's tasks",
  workspace_diff: "Say what a task has changed",
  workspace_discard: "Remove a task's checkout",
  evidence_run: "Run the project's verify commands where the task's work is",
};

const VIEWER: Readonly<Record<ViewerFrame["type"], string>> = {
  auth: "Who I am, where no cookie says it; the first frame then",
  subscribe: "Tell me the facts of a topic; those behind `after` first",
  unsubscribe: "No more of this topic",
  attach: "Show me this terminal, from `offset` on where the hub still has it",
  detach: "No more of this terminal",
  session_input: "Bytes to type; only the driver. A binary frame does the same",
  session_resize: "The terminal's new size; only the driver",
  take_over: "I drive from now on, at this size",
  release: "I do not drive any more",
  ack: "Every byte before `offset` was consumed; at the latest each 32 KiB",
  ping: "",
};

const DASHBOARD: Readonly<Record<DashboardFrame["type"], string>> = {
  auth_ok: "Welcome; `position` is the last fact so far",
  task_event: "A fact about a task",
  task_output: "A piece of the output of a task that was subscribed to",
  session_event: "A fact about a session",
  activity: "",
  session_output: "Terminal bytes, for viewers that asked for base64",
  attached: "Bytes follow, from this offset on; sent again when bytes were skipped",
  snapshot: "The screen and scrollback, for viewers that asked for base64; others get a binary frame",
  resized: "The terminal has a new size",
  driver: "Who drives: types, and sizes the terminal",
  caught_up: "What was missed has been told; from here on facts come as they happen",
  pong: "To `ping`: the link lives",
  problem: "The frame you sent was refused; a problem document as in the HTTP API",
};

const CLOSES: Readonly<Record<keyof typeof CLOSE_CODES, string>> = {
  goingAway: "The hub is stopping",
  tooBig: "A frame is larger than it may be",
  badFrame: "That was no frame: no JSON object, or bytes where text is expected",
  unauthenticated: "The first frame was not `auth`, the key or token is not valid, or the sign-in has ended",
  forbidden: "The page that opened the socket is not the hub's own",
  authTimeout: "Nobody signed in within 10 seconds",
  superseded: "A newer connection of the same server took over",
};

const isNewDaemonFrame = ({ shape }: { shape: { type: { value: DaemonFrame["type"] } } }): boolean =>
  VERSION_2_DAEMON_FRAMES.includes(shape.type.value);
const isNewHubFrame = ({ shape }: { shape: { type: { value: HubFrame["type"] } } }): boolean =>
  VERSION_2_HUB_FRAMES.includes(shape.type.value);

export const daemonFrameTable = (): string =>
  frameTable(
    DaemonFrame.options.filter((frame) => !isNewDaemonFrame(frame)),
    DAEMON,
    "input",
  );
export const hubFrameTable = (): string =>
  frameTable(
    HubFrame.options.filter((frame) => !isNewHubFrame(frame)),
    HUB,
    "output",
  );
/** What version 2 adds. */
export const newDaemonFrameTable = (): string =>
  frameTable(DaemonFrame.options.filter(isNewDaemonFrame), DAEMON, "input");
export const newHubFrameTable = (): string => frameTable(HubFrame.options.filter(isNewHubFrame), HUB, "output");
export const viewerFrameTable = (): string => frameTable(ViewerFrame.options, VIEWER, "input");
export const dashboardFrameTable = (): string => frameTable(DashboardFrame.options, DASHBOARD, "output");

type FrameSchema = Schema & { shape: { type: { value: string; description?: string | undefined } } };

/** A line for each frame with what it says, and below it one for each of its fields. */
function frameTable(
  frames: readonly FrameSchema[],
  meanings: Readonly<Record<string, string>>,
  io: "input" | "output",
): string {
  const rows = frames.flatMap((frame) => {
    const { value: type, description } = frame.shape.type;
    const meaning = meanings[type] || description;
    if (!meaning) throw new Error(`scripts/docs/frames.ts does not say what ${type} means`);
    const fields = fieldsOf(frame, io).filter(({ name }) => name !== "type");
    return [
      [`**${code(type)}**`, "", "", meaning],
      ...fields.map((field) => ["", code(field.optional ? `${field.name}?` : field.name), field.value, remark(field)]),
    ];
  });
  return table(["`type`", "field", "value", "remarks"], rows);
}

const remark = ({ description, fallback }: Field): string =>
  [description, fallback && `left out: ${code(fallback)}`].filter(Boolean).join("; ");

export function closeCodeTable(): string {
  const rows = Object.entries(CLOSE_CODES).map(([name, number]) => {
    const meaning = CLOSES[name as keyof typeof CLOSE_CODES];
    if (!meaning) throw new Error(`scripts/docs/frames.ts does not say what ${name} means`);
    return [String(number), meaning];
  });
  return table(["code", "meaning"], rows);
}
