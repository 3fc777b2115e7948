/**
 * What a binary frame carries: output bytes; input bytes; a segment of the recording (RecordingSegment); a snapshot of
 * the screen (Snapshot), to which the bytes from the frame's offset on belong; bytes of a file on its way, where the
 * number is the transfer's instead of a session's and the offset is the one in the file.
 */
export const TERMINAL_KINDS = { output: 1, input: 2, recording: 3, snapshot: 4, file: 5 } as const;

/** Header, big-endian: kind u8, session number u32, byte offset u64; then the payload. */
export const TERMINAL_HEADER_BYTES = 13;

export interface TerminalFrame {
  kind: number;
  /** The session's number, unique on the hub; in a file's bytes the transfer's. */
  session: number;
  /** Offset of the payload's first byte in the session's output. */
  offset: number;
  payload: Uint8Array;
}

export function encodeTerminalFrame({ payload, ...head }: TerminalFrame): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(TERMINAL_HEADER_BYTES + payload.byteLength);
  writeTerminalHeader(frame, head);
  frame.set(payload, TERMINAL_HEADER_BYTES);
  return frame;
}

/** Writes the header in front of a payload that is there already, behind TERMINAL_HEADER_BYTES. */
export function writeTerminalHeader(
  frame: Uint8Array,
  { kind, session, offset }: Omit<TerminalFrame, "payload">,
): void {
  const view = new DataView(frame.buffer, frame.byteOffset, TERMINAL_HEADER_BYTES);
  view.setUint8(0, kind);
  view.setUint32(1, session);
  view.setBigUint64(5, BigInt(offset));
}

/** Undefined when the bytes are too few to be a frame. The payload is a view, not a copy. */
export function decodeTerminalFrame(bytes: Uint8Array): TerminalFrame | undefined {
  if (bytes.byteLength < TERMINAL_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    kind: view.getUint8(0),
    session: view.getUint32(1),
    offset: Number(view.getBigUint64(5)),
    payload: bytes.subarray(TERMINAL_HEADER_BYTES),
  };
}

/** A screen with its scrollback: `text` paints it with its colours and modes on an empty terminal of this size. */
export interface Snapshot {
  cols: number;
  rows: number;
  /** UTF-8 with escape sequences. */
  text: Uint8Array;
}

/** The payload of a snapshot frame, big-endian: cols u16, rows u16, then the text. */
export function encodeSnapshot({ cols, rows, text }: Snapshot): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(4 + text.byteLength);
  const view = new DataView(payload.buffer);
  view.setUint16(0, cols);
  view.setUint16(2, rows);
  payload.set(text, 4);
  return payload;
}

/** Undefined when the bytes are too few. The text is a view, not a copy. */
export function decodeSnapshot(payload: Uint8Array): Snapshot | undefined {
  if (payload.byteLength < 4) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return { cols: view.getUint16(0), rows: view.getUint16(2), text: payload.subarray(4) };
}

/**
 * A piece of a session's recording. Segments are numbered from 0; the frame's offset is that of the first output byte
 * in it, `end` the one behind the last. A number that is missing was given up for want of room on the daemon's disk.
 */
export interface RecordingSegment {
  segment: number;
  end: number;
  /** gzip of asciicast v2 event lines (`[seconds since the session's start, code, data]`), without the header line. */
  gzip: Uint8Array;
}

/** The payload of a recording frame, big-endian: segment u32, end u64, then the gzip. */
export function encodeRecordingSegment({ segment, end, gzip }: RecordingSegment): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(12 + gzip.byteLength);
  const view = new DataView(payload.buffer);
  view.setUint32(0, segment);
  view.setBigUint64(4, BigInt(end));
  payload.set(gzip, 12);
  return payload;
}

/** Undefined when the bytes are too few. The gzip is a view, not a copy. */
export function decodeRecordingSegment(payload: Uint8Array): RecordingSegment | undefined {
  if (payload.byteLength < 12) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return { segment: view.getUint32(0), end: Number(view.getBigUint64(4)), gzip: payload.subarray(12) };
}
