import { gzipSync } from "node:zlib";
import { encodeRecordingSegment, TERMINAL_KINDS, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";

/** An event as asciicast v2 has it. */
export type CastEvent = [seconds: number, code: "o" | "r" | "m", data: string];

/** A segment as a daemon sends it, of events and of lines that need be none; its offsets count from `offset`. */
export function segmentFrame(segment: number, events: (CastEvent | string)[], offset = 0): TerminalFrame {
  const lines = events.map((event) => `${typeof event === "string" ? event : JSON.stringify(event)}\n`).join("");
  const printed = events.reduce((sum, event) => sum + (event[1] === "o" ? Buffer.byteLength(event[2] ?? "") : 0), 0);
  const payload = encodeRecordingSegment({ segment, end: offset + printed, gzip: gzipSync(lines) });
  return { kind: TERMINAL_KINDS.recording, session: 1, offset, payload };
}
