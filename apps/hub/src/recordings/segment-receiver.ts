import {
  decodeRecordingSegment,
  type RecordingSegment,
  type TerminalFrame,
} from "@orchestratia/protocol/terminal-frame";
import type { DaemonLink } from "../server-link/connections.ts";
import type { Recordings } from "./recordings.ts";
import { segmentKey } from "./segment-store.ts";

/** Daemons close a segment at 1 MiB before it is compressed; what is so large is none, and is not kept. */
const MAX_GZIP_BYTES = 4 * 1024 * 1024;
/** Daemons have two under way; whoever sends many more than that is not listening. */
const MOST_WAITING = 8;
const MAX_SEGMENT = 2_147_483_647;

const HAS = {
  name: "recording_has",
  text: "select 1 from hub.recording_segments where session_id = $1 and segment = $2",
};
const ADD = {
  name: "recording_add",
  text: `insert into hub.recording_segments (session_id, segment, project_id, first_offset, end_offset, bytes)
    values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
};
const NEXT = {
  name: "recording_next",
  text: "select max(segment) + 1 as next from hub.recording_segments where session_id = $1",
};

interface Session {
  id: string;
  projectId: string;
}

interface ReceivedSegment extends RecordingSegment {
  /** Of its first output byte. */
  offset: number;
}

/** Takes in the segments that daemons send. */
export class SegmentReceiver {
  readonly #recordings: Recordings;
  readonly #onReceived: () => void;
  /** By session: its last segment being kept. An acknowledgement covers those before, so they are kept one by one. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** By session: how many are held in memory for it. */
  readonly #waiting = new Map<string, number>();
  /** By session: the one that could not be kept. None behind it may be acknowledged before it came again. */
  readonly #missed = new Map<string, number>();

  constructor(recordings: Recordings, onReceived: () => void) {
    this.#recordings = recordings;
    this.#onReceived = onReceived;
  }

  /** The number of the segment that the session's daemon is to go on with, over a link on which none is under way. */
  async next(sessionId: string): Promise<number> {
    const [row] = await this.#recordings.database.sql.query<{ next: number | null }>(NEXT, [sessionId]);
    this.#missed.delete(sessionId);
    return row?.next ?? 0;
  }

  /**
   * Keeps a segment, once, and acknowledges it; one that could not be kept is not, so it comes again. Resolves at once:
   * a slow store must not hold up what else the daemon says.
   */
  async receive(link: Pick<DaemonLink, "send">, session: Session, frame: TerminalFrame): Promise<void> {
    const segment = decodeRecordingSegment(frame.payload);
    if (!segment) return;
    const waiting = this.#waiting.get(session.id) ?? 0;
    if (waiting >= MOST_WAITING) {
      const missed = this.#missed.get(session.id) ?? segment.segment;
      this.#missed.set(session.id, Math.min(missed, segment.segment));
      return;
    }
    this.#waiting.set(session.id, waiting + 1);
    const before = this.#turns.get(session.id) ?? Promise.resolve();
    const turn = before.then(() => this.#inTurn(link, session, { ...segment, offset: frame.offset }));
    this.#turns.set(session.id, turn);
    void turn.then(() => {
      this.#waiting.set(session.id, (this.#waiting.get(session.id) ?? 1) - 1);
      if (this.#turns.get(session.id) !== turn) return;
      this.#turns.delete(session.id);
      this.#waiting.delete(session.id);
    });
  }

  /** Runs `work` while none of the session's segments is being kept; it must not reject. */
  async alone(sessionId: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(sessionId) ?? Promise.resolve()).then(work);
    this.#turns.set(sessionId, turn);
    await turn;
    if (this.#turns.get(sessionId) === turn) this.#turns.delete(sessionId);
  }

  /** Resolves when nothing is being kept. */
  async settled(): Promise<void> {
    await Promise.all(this.#turns.values());
  }

  async #inTurn(link: Pick<DaemonLink, "send">, session: Session, received: ReceivedSegment): Promise<void> {
    const { segment } = received;
    const missed = this.#missed.get(session.id);
    if (missed !== undefined && segment > missed) return;
    try {
      await this.#keep(session, received);
      // What came behind the missed one was passed over: it has to come again as well, in order.
      if (missed !== undefined) this.#missed.set(session.id, segment + 1);
      link.send({ type: "recorded", session_id: session.id, segment });
    } catch (error) {
      this.#missed.set(session.id, segment);
      this.#recordings.log.error({ err: error, session_id: session.id, segment }, "a recording segment was not kept");
    }
  }

  async #keep(session: Session, { segment, offset, end, gzip }: ReceivedSegment) {
    const { database, store, log } = this.#recordings;
    if (gzip.byteLength > MAX_GZIP_BYTES || segment > MAX_SEGMENT || end < offset) {
      log.warn({ session_id: session.id, segment, bytes: gzip.byteLength }, "a recording segment is none: not kept");
      return;
    }
    const [kept] = await database.sql.query(HAS, [session.id, segment]);
    if (kept) return;
    // The file first: a row without one would be a hole, a file without a row is written again.
    await store.put(segmentKey(session.projectId, session.id, segment), gzip);
    await database.sql.query(ADD, [session.id, segment, session.projectId, offset, end, gzip.byteLength]);
    this.#onReceived();
  }
}
