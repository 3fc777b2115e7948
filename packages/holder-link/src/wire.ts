/**
 * The private protocol between a session's holder and the daemon, over a unix socket: both ends in this file.
 * A frame is a big-endian u32 length (of what follows), a u8 kind, and a payload: JSON, or bytes behind a u64 offset.
 *
 * A holder is as old as its session, so daemons speak with older and, after a downgrade, newer holders:
 *   - both sides skip kinds that they do not know, and fields and bytes behind those that they know;
 *   - kinds, fields and their meanings are added, never changed or removed; what a holder may not know yet is asked of
 *     it only when its hello's version says that it does.
 */
export const wireVersion = 3;
/** The first version whose holders tell sizes in stream order, and take a snapshot when they are asked for one. */
export const sizesSince = 2;
/** The first version whose holders serve others beside the daemon. */
export const watchSince = 3;

export const frameKinds = {
  // daemon → holder
  subscribe: 1,
  unsubscribe: 2,
  consumed: 3,
  input: 4,
  resize: 5,
  close: 6,
  ask: 7,
  collected: 8,
  takeSnapshot: 9,
  driver: 10,
  // somebody at the machine → holder
  watch: 11,
  // holder → daemon
  hello: 32,
  output: 33,
  snapshot: 34,
  facts: 35,
  exited: 36,
  answer: 37,
  subscribed: 38,
  resized: 39,
  sizedSnapshot: 40,
  inputRefused: 41,
} as const;

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** How the program ended: `code` when it exited, `signal` when one killed it; `offset` is where its output ends. */
export interface Exit {
  code: number | null;
  signal: number | null;
  offset: number;
}

/** What the holder can see of the program from outside. */
export interface Facts {
  /** The cursor's line up to the cursor; when that is empty the last line that is not. */
  prompt_line: string;
  /** The cursor's line up to the cursor, also when it is empty; not from holders of version 1. */
  cursor_line?: string | undefined;
  /** Whether the program itself, not a child of it, is the terminal's foreground process group; null when unknown. */
  foreground: boolean | null;
}

export interface Hello {
  version: number;
  id: string;
  pid: number;
  cols: number;
  rows: number;
  /** The oldest offset still in the ring, and the offset of the next byte. */
  start: number;
  end: number;
  facts: Facts;
  exit: Exit | null;
}

/** `screen`: what a viewer would see; `scrollback`: that and the lines above. */
export type Question = "screen" | "scrollback";

/** Asks for a snapshot and the output from there on: an offset that is no ring's, also to version 1. */
export const snapshotFirst = -2;

/** How many bytes may be under way to the daemon before it says that it consumed some. */
export const windowBytes = 128 * 1024;

/** More input than this waiting for whoever does not read it is refused: nobody types that much. */
export const mostWaitingInput = 4 * 1024 * 1024;

const headerBytes = 5;
const largestFrame = 64 * 1024 * 1024;

const header = (kind: number, payloadBytes: number): Buffer => {
  const bytes = Buffer.allocUnsafe(headerBytes);
  bytes.writeUInt32BE(payloadBytes + 1, 0);
  bytes[4] = kind;
  return bytes;
};

export function bytesFrame(kind: number, payload: Uint8Array): Buffer {
  return Buffer.concat([header(kind, payload.length), payload]);
}

export const jsonFrame = (kind: number, value: unknown): Buffer => bytesFrame(kind, Buffer.from(JSON.stringify(value)));

/** The head of a frame whose payload is an offset and `length` bytes that the caller writes behind it. */
export function offsetFrameHead(kind: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + 8);
  bytes.writeUInt32BE(1 + 8 + length, 0);
  bytes[4] = kind;
  bytes.writeBigInt64BE(BigInt(offset), headerBytes);
  return bytes;
}

export const offsetFrame = (kind: number, offset: number, bytes: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([offsetFrameHead(kind, offset, bytes.length), bytes]);

export function readOffset(payload: Buffer): { offset: number; bytes: Buffer } {
  return { offset: Number(payload.readBigInt64BE(0)), bytes: payload.subarray(8) };
}

/** Where to begin, and how far back that may be before a snapshot is sent instead; version 1 reads only the first. */
export function subscribeFrame(kind: number, from: number, catchUpBytes: number): Buffer {
  const most = Buffer.allocUnsafe(8);
  most.writeBigInt64BE(BigInt(catchUpBytes));
  return offsetFrame(kind, from, most);
}

export function readSubscribe(payload: Buffer): { from: number; catchUpBytes: number } {
  const { offset, bytes } = readOffset(payload);
  return { from: offset, catchUpBytes: bytes.length < 8 ? Number.POSITIVE_INFINITY : Number(bytes.readBigInt64BE(0)) };
}

/** A frame whose payload is an offset, the terminal's size there, and bytes. */
export function sizeFrame(kind: number, offset: number, size: Size, bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  const cells = Buffer.allocUnsafe(4);
  cells.writeUInt16BE(size.cols, 0);
  cells.writeUInt16BE(size.rows, 2);
  return offsetFrame(kind, offset, Buffer.concat([cells, bytes]));
}

export function readSize(payload: Buffer): { offset: number; size: Size; bytes: Buffer } {
  const { offset, bytes } = readOffset(payload);
  return {
    offset,
    size: { cols: bytes.readUInt16BE(0), rows: bytes.readUInt16BE(2) },
    bytes: bytes.subarray(4),
  };
}

export const readJson = (payload: Buffer): unknown => JSON.parse(payload.toString("utf8"));

function frameBytesOf(begun: Buffer, at = 0): number {
  const length = begun.readUInt32BE(at);
  if (length < 1 || length > largestFrame) throw new Error(`a frame of ${length} bytes on the holder's socket`);
  return 4 + length;
}

const frameOf = (bytes: Buffer) => ({ kind: bytes[4] ?? 0, payload: bytes.subarray(headerBytes) });

/** So much is kept ready for the next frame that comes in pieces; output has no larger ones. */
const usualFrame = 64 * 1024 + headerBytes + 8;

/** Cuts a byte stream into frames. A payload is a view that holds until the next frame is asked for. */
export class FrameReader {
  /** Room for a frame that comes in pieces, used again for each. */
  #room = Buffer.alloc(0);
  #held = 0;

  /** The frames that `chunk` completes. Throws on a length that no peer of ours sends. */
  *read(chunk: Buffer): Generator<{ kind: number; payload: Buffer }> {
    for (let at = 0; at < chunk.length; ) {
      const rest = chunk.length - at;
      const length = this.#held === 0 && rest >= headerBytes ? frameBytesOf(chunk, at) : undefined;
      if (length !== undefined && length <= rest) {
        yield frameOf(chunk.subarray(at, at + length));
        at += length;
        continue;
      }
      at += this.#hold(chunk, at);
      if (this.#held < headerBytes || this.#held < frameBytesOf(this.#room)) continue;
      const frame = frameOf(this.#room.subarray(0, this.#held));
      this.#held = 0;
      yield frame;
      if (this.#room.length > usualFrame) this.#room = Buffer.alloc(0);
    }
  }

  /** Takes what is missing of the header, and then of the frame; answers how much that was. */
  #hold(chunk: Buffer, at: number): number {
    const wanted = this.#held < headerBytes ? headerBytes : frameBytesOf(this.#room);
    this.#grow(wanted);
    const copied = chunk.copy(this.#room, this.#held, at, at + wanted - this.#held);
    this.#held += copied;
    return copied;
  }

  #grow(needed: number): void {
    if (this.#room.length >= needed) return;
    const room = Buffer.allocUnsafeSlow(needed <= headerBytes ? 256 : Math.max(needed, usualFrame));
    this.#room.copy(room, 0, 0, this.#held);
    this.#room = room;
  }
}
