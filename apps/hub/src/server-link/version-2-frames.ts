import type { DaemonFrame, SessionInventory } from "@orchestratia/protocol/server-link";
import { decodeSnapshot, TERMINAL_KINDS, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { type ProjectId, SessionId } from "@orchestratia/protocol/vocabulary";
import type { LiveSession } from "../sessions/live-sessions.ts";
import { statusReported } from "../sessions/session-screen.ts";
import { endingOf, sessionEnded, sessionRuns } from "../sessions/session-status.ts";
import type { FrameContext } from "./frames.ts";
import { ownSession } from "./own-session.ts";

/** How long a daemon may take for the last bytes and the last screen of a session that ended. */
const LAST_SCREEN_MS = 5_000;
/** A screen with a full scrollback in many colours is well below it. */
const SNAPSHOT_MAX_BYTES = 4 * 1024 * 1024;

/** Terminal bytes of a version 2 daemon, by session number. */
export function receiveBytes(context: FrameContext, frame: TerminalFrame): void {
  const { hub, connection } = context;
  if (!Number.isSafeInteger(frame.offset + frame.payload.byteLength)) return;
  if (frame.kind === TERMINAL_KINDS.recording) {
    receiveRecording(context, frame);
    return;
  }
  const session = hub.sessions.byNumber(frame.session) ?? hub.sessions.endedByNumber(frame.session);
  if (session?.serverId !== connection.serverId) return;
  if (frame.kind === TERMINAL_KINDS.output) session.output.receive(frame.offset, frame.payload);
  if (frame.kind !== TERMINAL_KINDS.snapshot) return;
  const snapshot = decodeSnapshot(frame.payload);
  if (snapshot && snapshot.text.byteLength <= SNAPSHOT_MAX_BYTES) {
    session.output.takeSnapshot({ offset: frame.offset, ...snapshot });
  }
}

function receiveRecording({ hub, connection, inventory, later, recordings }: FrameContext, frame: TerminalFrame): void {
  const live = hub.sessions.byNumber(frame.session) ?? hub.sessions.endedByNumber(frame.session);
  const session = live?.serverId === connection.serverId ? live : inventory.ended.get(frame.session);
  if (!session) return;
  // Copied: the read that it came with is not to be kept alive by what waits for a disk.
  const segment = { ...frame, payload: Uint8Array.from(frame.payload) };
  later(() => recordings.receive(connection, session, segment));
}

/**
 * Everything the daemon has. What runs there and should is taken up and named in the answer, with what the daemon must
 * know of it, and so is what ended, for the rest of its recording; it closes the others. What ended there is told in `session_closed` frames of its own.
 */
export function receiveInventory(
  context: FrameContext,
  { sessions }: Extract<DaemonFrame, { type: "inventory" }>,
): void {
  const { connection, inventory, later, recordings } = context;
  for (const { session_id } of sessions) inventory.report(session_id);
  later(async () => {
    const living = [];
    for (const item of sessions) {
      const session = ownSession(context, item.session_id);
      if (session && (await takeUp(context, session, item))) living.push(session);
    }
    const over = sessions.filter(({ exit, session_id }) => exit && !ownSession(context, session_id));
    const ended = await endedBefore(
      context,
      over.map(({ session_id }) => session_id),
    );
    const named = await Promise.all(
      [...living, ...ended].map(async ({ id, number }) => ({
        session_id: id,
        number,
        recorded: await recordings.next(id),
      })),
    );
    connection.send({ type: "inventory", sessions: named });
    for (const session of living) feedFrom(context, session);
    inventory.end();
  });
}

/** Of sessions that have ended for the hub too, only the rest of their recordings is of interest. */
async function endedBefore({ hub, connection, inventory }: FrameContext, ids: readonly string[]) {
  const known = ids.filter((id) => SessionId.safeParse(id).success);
  if (known.length === 0) return [];
  const rows = await hub.database.sql.query<{ id: SessionId; number: number; projectId: ProjectId }>(
    `select id, number, project_id as "projectId" from sessions where id = any($1::uuid[]) and server_id = $2`,
    [known, connection.serverId],
  );
  for (const { number, id, projectId } of rows) inventory.ended.set(number, { id, projectId });
  return rows;
}

/** False when it ended there, or is to end. */
async function takeUp({ hub }: FrameContext, session: LiveSession, item: SessionInventory): Promise<boolean> {
  if (item.exit) return true;
  const running = { pid: item.pid, workingDirectory: item.working_dir, tmuxName: "" };
  if (!(await sessionRuns(hub, session, running)) || session.closedBy !== undefined) return false;
  await statusReported(hub, session, item.agent_status, item.waiting);
  return true;
}

/** From here on the session's output can be asked for over this link. */
export function feedFrom({ connection }: FrameContext, session: LiveSession): void {
  session.feed.linked((frame) => connection.send(frame));
}

/**
 * The end is written down, and its last screen looked at, before the daemon may forget it; of what has ended already it is
 * told at once.
 */
export function receiveClosed(context: FrameContext, frame: Extract<DaemonFrame, { type: "session_closed" }>): void {
  const { hub, connection, later } = context;
  const session = ownSession(context, frame.session_id);
  later(async () => {
    // Not before the inventory is taken in, if one is: until then nothing can be asked for.
    const lastScreen = session?.feed.lastSnapshot(LAST_SCREEN_MS);
    if (session) await sessionEnded(hub, session, endingOf(frame));
    // Nothing else waits for it.
    void Promise.resolve(lastScreen).then(() =>
      connection.send({ type: "session_closed_ack", session_id: frame.session_id }),
    );
  });
}
