import { setImmediate as nextTurn, setTimeout as rest } from "node:timers/promises";
import { transaction } from "../db/transaction.ts";
import type { RunningPart } from "../events/running-part.ts";
import { SingleFile } from "../events/single-file.ts";
import { type PrintedPart, PrintedText } from "./printed-text.ts";
import type { Recordings } from "./recordings.ts";
import { dataOf, eventsIn, readSegment, type SegmentEvent } from "./segment-events.ts";
import { segmentKey } from "./segment-store.ts";

const BATCH = 20;
/** So much of a segment's beginning and of its end can be found: what floods a terminal is nothing to search in. */
const HEAD_LENGTH = 128 * 1024;
const TAIL_LENGTH = 128 * 1024;
/** Longer than this nobody who types waits for what is read here. */
const SLICE_MS = 3;
/** It begins when nothing came for so long, or has waited for the longer of them: what floods a terminal comes first. */
const QUIET_MS = 2_000;
const LONGEST_WAIT_MS = 10_000;
/** Behind each segment it rests for so many times as long as that took, so that it never has more than a part of a core. */
const REST_FACTOR = 3;
const LONGEST_REST_MS = 1_000;

const UNREAD = {
  name: "recording_unread",
  text: `select session_id, segment, project_id from hub.recording_segments where read_at is null
    order by received_at limit ${BATCH}`,
};
const TEXTS = {
  name: "recording_texts_add",
  text: `insert into hub.recording_texts (session_id, segment, project_id, part, at, content, document)
    select $1, $2, $3, part - 1, at, content, to_tsvector('simple', engine.plain_words(content))
    from unnest($4::float8[], $5::text[]) with ordinality as piece (at, content, part)
    on conflict do nothing`,
};
const READ = {
  name: "recording_read",
  text: `update hub.recording_segments set read_at = now(), starts_at = $3, ends_at = $4
    where session_id = $1 and segment = $2 and read_at is null returning 1`,
};

interface Unread {
  session_id: string;
  segment: number;
  project_id: string;
}

interface Read {
  parts: readonly PrintedPart[];
  startsAt: number | null;
  endsAt: number | null;
}

/** Reads when things happened in the segments that came in, and what was printed, so that it can be found. */
export class TextReader implements RunningPart {
  readonly #recordings: Recordings;
  readonly #turns = new SingleFile(() => this.#readAll());
  readonly #quietMs: number;
  readonly #longestWaitMs: number;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #wokenAt: number | undefined;
  /** Also while more comes in. */
  #readsOn = false;

  constructor(recordings: Recordings, quietMs = QUIET_MS, longestWaitMs = LONGEST_WAIT_MS) {
    this.#recordings = recordings;
    this.#quietMs = quietMs;
    this.#longestWaitMs = longestWaitMs;
  }

  /** A segment came in. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    const now = performance.now();
    this.#wokenAt ??= now;
    clearTimeout(this.#timer);
    const longestMs = this.#wokenAt + this.#longestWaitMs - now;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#wokenAt = undefined;
        // What waited the longest is no longer put off by what still comes.
        if (longestMs <= this.#quietMs) this.#readsOn = true;
        this.#begin();
      },
      Math.min(this.#quietMs, longestMs),
    ).unref();
  }

  #begin(): void {
    this.#turns.run().catch((error) => {
      if (this.#stopping.signal.aborted) return;
      this.#recordings.log.error({ err: error }, "recordings could not be read; it is tried again within 30 s");
    });
  }

  /** Thousands of segments, or a store that is away, take their time: nobody waits for it here. */
  async rederive(): Promise<void> {
    this.#readsOn = true;
    this.#begin();
  }

  settled(): Promise<void> {
    return this.#turns.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.settled();
  }

  async #readAll(): Promise<void> {
    const readsOn = this.#readsOn;
    this.#readsOn = false;
    for (;;) {
      const unread = await this.#recordings.database.sql.query<Unread>(UNREAD);
      for (const segment of unread) {
        // What comes in meanwhile sets the timer again.
        if (this.#stopping.signal.aborted || (this.#timer && !readsOn)) return;
        const began = performance.now();
        await this.#take(segment);
        await this.#rest(performance.now() - began);
      }
      if (unread.length < BATCH) return;
    }
  }

  async #rest(afterMs: number): Promise<void> {
    const { signal } = this.#stopping;
    await rest(Math.min(afterMs * REST_FACTOR, LONGEST_REST_MS), undefined, { signal }).catch(() => {});
  }

  async #take({ session_id, segment, project_id }: Unread): Promise<void> {
    const { database, store, log } = this.#recordings;
    const gzip = await store.get(segmentKey(project_id, session_id, segment));
    const { parts, startsAt, endsAt } = await readParts(gzip).catch((error): Read => {
      log.warn({ err: error, session_id, segment }, "a recording segment cannot be read");
      return { parts: [], startsAt: null, endsAt: null };
    });
    await transaction(database.pool, async (tx) => {
      const [taken] = await tx.query(READ, [session_id, segment, startsAt, endsAt]);
      if (!taken || parts.length === 0) return;
      const [times, contents] = [parts.map(({ at }) => at), parts.map(({ content }) => content)];
      await tx.query(TEXTS, [session_id, segment, project_id, times, contents]);
    });
  }
}

async function readParts(gzip: Uint8Array | undefined): Promise<Read> {
  const printed = new PrintedText();
  let startsAt: number | null = null;
  let endsAt: number | null = null;
  let sliceBegan = performance.now();
  let headLength = 0;
  const tail: SegmentEvent[] = [];
  let tailLength = 0;
  const text = gzip === undefined ? "" : await readSegment(gzip);
  for (const event of eventsIn(text)) {
    startsAt ??= event.at;
    endsAt = event.at;
    if (event.code === "o" && headLength < HEAD_LENGTH) {
      headLength += event.data.length;
      printed.add(event.at, dataOf(event)?.slice(0, HEAD_LENGTH) ?? "");
    } else if (event.code === "o") {
      tail.push(event);
      tailLength += event.data.length;
      while (tailLength - (tail[0]?.data.length ?? 0) >= TAIL_LENGTH) tailLength -= tail.shift()?.data.length ?? 0;
    }
    if (performance.now() - sliceBegan < SLICE_MS) continue;
    await nextTurn();
    sliceBegan = performance.now();
  }
  for (const event of tail) printed.add(event.at, dataOf(event)?.slice(-TAIL_LENGTH) ?? "");
  return { parts: printed.end(), startsAt, endsAt };
}
