import type { Recording } from "@orchestratia/protocol/recordings";
import type { Recordings } from "./recordings.ts";
import { dataOf, eventsIn, readSegment, type SegmentEvent } from "./segment-events.ts";
import { segmentKey } from "./segment-store.ts";

/** What was printed before the moment that is asked for: this many bytes repaint any screen. */
const LEAD_BYTES = 256 * 1024;
const PAGE = 200;
const UNKNOWN_SIZE = "80x24";

const FIRST = {
  name: "recording_first",
  text: `with lead as (
      select max(end_offset) - ${LEAD_BYTES} as offset from hub.recording_segments
      where session_id = $1 and starts_at <= $2
    )
    select coalesce(max(segment), -1) as segment from hub.recording_segments, lead
    where session_id = $1 and first_offset <= lead.offset`,
};
const SEGMENTS = {
  name: "recording_segments",
  text: `select segment, starts_at from hub.recording_segments where session_id = $1 and segment >= $2
    order by segment limit ${PAGE}`,
};

export interface CastRange {
  from?: number | undefined;
  to?: number | undefined;
}

/**
 * The recording as asciicast v2, piece by piece: one segment is in memory at a time. Times count from `from`, and
 * without it from where the recording begins; what was printed shortly before comes at 0.
 */
export async function* castOf(
  recordings: Recordings,
  projectId: string,
  recording: Recording,
  { from, to = Number.POSITIVE_INFINITY }: CastRange,
): AsyncGenerator<string> {
  const zero = from ?? recording.begins;
  let size: string | undefined;
  let expected: number | undefined;
  for await (const { segment, text } of segmentsFrom(recordings, projectId, recording.session_id, { from, to })) {
    const lines: string[] = [];
    if (size === undefined) {
      size = sizeOf(text);
      lines.push(headerOf(recording, size, zero));
    }
    let isGap = expected !== undefined && segment !== expected;
    expected = segment + 1;
    let isOver = false;
    for (const event of eventsIn(text)) {
      if (isGap) lines.push(lineOf(event.at - zero, "m", `"gap: some of the recording is lost"`));
      isGap = false;
      isOver = event.at > to;
      if (isOver) break;
      if ((event.code === "m" && event.at < zero) || dataOf(event) === undefined) continue;
      // Each segment says its size again.
      if (event.code === "r") {
        const told = event.data.slice(1, -1);
        if (told === size) continue;
        size = told;
      }
      lines.push(lineOf(event.at - zero, event.code, event.data));
    }
    yield lines.join("");
    if (isOver) return;
  }
  if (size === undefined) yield headerOf(recording, UNKNOWN_SIZE, zero);
}

async function* segmentsFrom(
  { database, store, log }: Recordings,
  projectId: string,
  sessionId: string,
  { from, to }: { from: number | undefined; to: number },
): AsyncGenerator<{ segment: number; text: string }> {
  let next = 0;
  if (from !== undefined) {
    const [first] = await database.sql.query<{ segment: number }>(FIRST, [sessionId, from]);
    next = Math.max(0, first?.segment ?? 0);
  }
  for (;;) {
    const page = await database.sql.query<{ segment: number; starts_at: number | null }>(SEGMENTS, [sessionId, next]);
    for (const { segment, starts_at } of page) {
      if (starts_at !== null && starts_at > to) return;
      // One that is being removed, or is none, is a gap.
      const gzip = await store.get(segmentKey(projectId, sessionId, segment));
      const text = gzip && (await readSegment(gzip).catch(() => undefined));
      if (text !== undefined) yield { segment, text };
      else log.warn({ session_id: sessionId, segment }, "a recording segment cannot be read");
      next = segment + 1;
    }
    if (page.length < PAGE) return;
  }
}

function headerOf({ session_name, started_at }: Recording, size: string, zero: number): string {
  const [width, height] = size.split("x").map(Number);
  const timestamp = Math.floor(Date.parse(started_at) / 1000 + zero);
  const env = { TERM: "xterm-256color", SHELL: "/bin/sh" };
  return `${JSON.stringify({ version: 2, width, height, timestamp, title: session_name, env })}\n`;
}

/** The size that a segment begins with, which its first event says. */
function sizeOf(text: string): string {
  const [first] = eventsIn(text);
  const size = first?.code === "r" ? first.data.slice(1, -1) : "";
  return /^[1-9]\d{0,3}x[1-9]\d{0,3}$/.test(size) ? size : UNKNOWN_SIZE;
}

const lineOf = (seconds: number, code: SegmentEvent["code"], data: string): string =>
  `[${Math.max(0, seconds).toFixed(6)}, "${code}", ${data}]\n`;
