/** What a binary frame carries. */
export const TERMINAL_KINDS = { output: 1, input: 2, recording: 3 } as const;

/** Header, big-endian: kind u8, session number u32, byte offset u64; then the payload. */
const HEADER_BYTES = 13;

export interface TerminalFrame {
  kind: number;
  /** The session's number, unique on the hub. */
  session: number;
  /** Offset of the payload's first byte in the session's output. */
  offset: number;
  payload: Uint8Array;
}

export function encodeTerminalFrame({ kind, session, offset, payload }: TerminalFrame): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, session);
  view.setBigUint64(5, BigInt(offset));
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** Undefined when the bytes are too few to be a frame. The payload is a view, not a copy. */
export function decodeTerminalFrame(bytes: Uint8Array): TerminalFrame | undefined {
  if (bytes.byteLength < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    kind: view.getUint8(0),
    session: view.getUint32(1),
    offset: Number(view.getBigUint64(5)),
    payload: bytes.subarray(HEADER_BYTES),
  };
}
