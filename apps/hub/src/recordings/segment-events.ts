import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const decompress = promisify(gunzip);

/** Daemons close a segment at one; a line may be behind that. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
/** Each costs a trip to another thread. */
const CHUNK_BYTES = 256 * 1024;

/** An event of a recording, as one line says it. */
export interface SegmentEvent {
  /** Seconds since the session's start. */
  at: number;
  /** o: output, r: resize, m: marker. */
  code: "o" | "r" | "m";
  /** Still as JSON, with its quotes. */
  data: string;
}

const LINE = /^\[(\d{1,10}(?:\.\d{1,12})?), ?"([orm])", ?(".*")\]$/;

/** Throws for what is no gzip, and for what would be too much. */
export async function readSegment(gzip: Uint8Array): Promise<string> {
  return (await decompress(gzip, { maxOutputLength: MAX_TEXT_BYTES, chunkSize: CHUNK_BYTES })).toString("utf8");
}

/** The events of a segment's text; lines that are none are left out. */
export function* eventsIn(text: string): Generator<SegmentEvent> {
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const until = newline < 0 ? text.length : newline;
    const [, seconds, code, data] = LINE.exec(text.slice(from, until)) ?? [];
    if (data !== undefined) yield { at: Number(seconds), code: code as SegmentEvent["code"], data };
    from = until + 1;
  }
}

/** What the JSON of an event says; undefined when it is not a text. */
export function dataOf({ data }: SegmentEvent): string | undefined {
  try {
    const read: unknown = JSON.parse(data);
    return typeof read === "string" ? read : undefined;
  } catch {
    return undefined;
  }
}
