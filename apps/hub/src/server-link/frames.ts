import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { SessionId } from "@orchestratia/protocol/vocabulary";
import type { LiveSession } from "../sessions/live-sessions.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { screenChanged, screenOutdated, statusReported } from "../sessions/session-screen.ts";
import {
  endingOf,
  type Running,
  sessionEnded,
  sessionMoved,
  sessionRuns,
  sessionWarned,
} from "../sessions/session-status.ts";
import type { ServerConnection } from "./connection.ts";
import type { DaemonLink } from "./connections.ts";
import type { Inventory } from "./inventory.ts";
import { ownSession } from "./own-session.ts";
import { feedFrom, receiveClosed, receiveInventory } from "./version-2-frames.ts";

/** Where the pieces of recordings go. */
export interface RecordingSink {
  /** Keeps a segment and acknowledges it over the link. */
  receive(link: DaemonLink, session: Pick<LiveSession, "id" | "projectId">, frame: TerminalFrame): Promise<void>;
  /** The number of the next segment of the session's recording. */
  next(sessionId: string): Promise<number>;
}

/** Where a frame came from and what it may touch. */
export interface FrameContext {
  hub: SessionHub;
  connection: ServerConnection;
  inventory: Inventory;
  recordings: RecordingSink;
  /** Writes, in the order in which the frames came. */
  later(work: () => Promise<unknown>): void;
}

type FrameOf<T extends DaemonFrame["type"]> = Extract<DaemonFrame, { type: T }>;

/** What each of a daemon's frames does. */
export function receiveFrame(context: FrameContext, frame: DaemonFrame): void {
  switch (frame.type) {
    case "session_started":
      receiveStarted(context, frame);
      break;
    case "session_recovered":
      recover(context, frame.tmux_name, runningOf(frame));
      break;
    case "inventory":
      receiveInventory(context, frame);
      break;
    case "session_closed":
      if (context.connection.version === 2) receiveClosed(context, frame);
      else receiveAbout(context, frame);
      break;
    case "session_output":
    case "session_screen":
    case "session_resized":
    case "scrollback_captured":
    case "session_status":
    case "session_error":
    case "session_input_refused":
    case "session_warning":
    case "session_working_dir":
      receiveAbout(context, frame);
      break;
    case "auth":
    case "delivery":
    case "remote_exec_output":
    case "remote_exec_result":
    case "file_accept":
    case "file_chunk":
    case "file_complete":
    case "file_ack":
    case "file_error":
    case "remote_read_result":
    case "file_taking":
    case "file_progress":
    case "file_received":
      break;
  }
}

type FrameAbout = FrameOf<
  | "session_output"
  | "session_screen"
  | "session_resized"
  | "scrollback_captured"
  | "session_status"
  | "session_closed"
  | "session_error"
  | "session_input_refused"
  | "session_warning"
  | "session_working_dir"
>;

/** Frames about a terminal that the hub knows; those about another one are left alone. */
function receiveAbout(context: FrameContext, frame: FrameAbout): void {
  const { hub, later } = context;
  const session = ownSession(context, frame.session_id);
  if (!session) return;
  revive(context, session);
  switch (frame.type) {
    case "session_output":
      session.output.append(Buffer.from(frame.data, "base64"));
      break;
    case "session_resized":
      session.output.resized(frame);
      break;
    case "session_status":
      later(() => statusReported(hub, session, frame.agent_status, frame.waiting));
      break;
    case "session_screen":
      later(() => screenChanged(hub, session, frame.lines));
      break;
    case "scrollback_captured":
      // Its end is what is on the screen.
      if (!frame.error) later(() => screenChanged(hub, session, frame.lines.slice(-session.rows)));
      break;
    case "session_closed":
      later(() => sessionEnded(hub, session, endingOf(frame)));
      break;
    case "session_error":
      later(() => failStart(context, session, frame.error));
      break;
    case "session_warning":
      later(() => sessionWarned(hub, session, frame.text));
      break;
    case "session_input_refused":
      session.output.inputRefused();
      break;
    case "session_working_dir":
      later(() => sessionMoved(hub, session, frame.working_dir));
      break;
  }
}

function receiveStarted(context: FrameContext, frame: FrameOf<"session_started">): void {
  const session = ownSession(context, frame.session_id);
  if (session && context.connection.version === 2) feedFrom(context, session);
  if (session) found(context, session, runningOf(frame));
  else if (SessionId.safeParse(frame.session_id).success) closeStranger(context, frame.session_id);
  // One that was never acknowledged goes by its tmux name.
  else recover(context, frame.tmux_name || frame.session_id, runningOf(frame));
}

/** The terminal lives: what is believed of it is set right, and if it should have ended it is closed there. */
function found({ hub, connection, inventory, later }: FrameContext, session: LiveSession, running: Running): void {
  inventory.report(session.id);
  later(async () => {
    const wasAway = session.status !== "active";
    const runs = await sessionRuns(hub, session, running);
    const shouldEnd = !runs || session.closedBy !== undefined;
    if (shouldEnd) connection.send({ type: "session_close", session_id: session.id });
    else if (wasAway) await screenOutdated(hub, session);
  });
}

/** After a restart a version 1 daemon knows its terminals by their tmux names only, until it is told the ids. */
function recover(context: FrameContext, tmuxName: string, running: Running): void {
  const { hub, connection, later } = context;
  const session = hub.sessions
    .ofServer(connection.serverId)
    .find((session) => session.tmuxName === tmuxName || tmuxName === `orc-${session.id.slice(0, 12)}`);
  if (!session) {
    later(() => closeUnknownTmux(context, tmuxName));
    return;
  }
  const { id: session_id, cols, rows } = session;
  connection.send({ type: "session_recovered_ack", session_id, tmux_name: tmuxName });
  // A terminal that was attached again has the default size.
  connection.send({ type: "session_resize", session_id, cols, rows });
  found(context, session, { ...running, tmuxName });
}

async function closeUnknownTmux({ hub, connection }: FrameContext, tmuxName: string): Promise<void> {
  const [row] = await hub.database.sql.query<{ id: string }>(
    `select id from sessions where server_id = $1 and (tmux_name = $2 or 'orc-' || left(id::text, 12) = $2)
    order by created_at desc limit 1`,
    [connection.serverId, tmuxName.replaceAll("\0", "")],
  );
  if (row) connection.send({ type: "session_recovered_ack", session_id: row.id, tmux_name: tmuxName });
  connection.send({ type: "session_close", session_id: row?.id ?? tmuxName });
}

/** A terminal that ended for the hub, or that it never knew, is closed; another registration's is left alone. */
function closeStranger({ hub, connection, later }: FrameContext, session_id: string): void {
  later(async () => {
    const [row] = await hub.database.sql.query<{ server_id: string }>("select server_id from sessions where id = $1", [
      session_id,
    ]);
    if (!row || row.server_id === connection.serverId) connection.send({ type: "session_close", session_id });
  });
}

async function failStart({ hub }: FrameContext, session: LiveSession, error: string): Promise<void> {
  if (session.status === "starting") await sessionEnded(hub, session, { status: "error", error });
}

/** A sign of life of a session that was thought gone brings it back. */
function revive(context: FrameContext, session: LiveSession): void {
  const gone = session.status === "lost" || session.status === "disconnected";
  if (gone && context.inventory.report(session.id)) {
    found(context, session, { pid: null, tmuxName: "", workingDirectory: "" });
  }
}

const runningOf = (frame: { pid?: number | null | undefined; tmux_name?: string; working_dir: string }): Running => ({
  pid: frame.pid ?? null,
  tmuxName: frame.tmux_name ?? "",
  workingDirectory: frame.working_dir,
});
