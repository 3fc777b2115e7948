const FINAL_BINARY = 0x82;

/** Copying fewer bytes costs less than writing them by themselves. */
const COPIED_BYTES = 8 * 1024;

/**
 * A binary WebSocket message as a server writes it, header and all, in one piece or two: made once, it can be written to
 * many sockets, where `send` would make a header for each. A large `payload` is not copied, unless it is a small part of
 * the memory that it would keep.
 */
export function binaryMessage(head: Uint8Array, payload: Uint8Array): readonly Uint8Array[] {
  const length = head.byteLength + payload.byteLength;
  const header = headerBytes(length);
  const isCopied = payload.byteLength <= COPIED_BYTES || payload.buffer.byteLength > 2 * payload.byteLength;
  const copied = isCopied ? payload.byteLength : 0;
  const message = Buffer.allocUnsafe(header + head.byteLength + copied);
  message[0] = FINAL_BINARY;
  if (header === 2) message[1] = length;
  else if (header === 4) {
    message[1] = 126;
    message.writeUInt16BE(length, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(length), 2);
  }
  message.set(head, header);
  if (!isCopied) return [message, payload];
  message.set(payload, header + head.byteLength);
  return [message];
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}
