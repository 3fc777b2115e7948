const FINAL_BINARY = 0x82;

/**
 * A binary WebSocket message as a server writes it, header and all: made once, it can be written to many sockets,
 * where `send` would make a header for each.
 */
export function binaryMessage(parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const header = headerBytes(length);
  const message = Buffer.allocUnsafe(header + length);
  message[0] = FINAL_BINARY;
  if (header === 2) message[1] = length;
  else if (header === 4) {
    message[1] = 126;
    message.writeUInt16BE(length, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(length), 2);
  }
  let at = header;
  for (const part of parts) {
    message.set(part, at);
    at += part.byteLength;
  }
  return message;
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}
