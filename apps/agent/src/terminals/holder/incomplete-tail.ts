const escapeByte = 0x1b;
const bellByte = 0x07;

/** How many bytes of a cut-off UTF-8 character `bytes` ends with. */
function incompleteCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < needed ? back : 0;
  }
  return 0;
}

/** Whether the escape sequence at the start of `bytes` reaches its end in them. */
function isComplete(bytes: Uint8Array): boolean {
  const kind = bytes[1];
  if (kind === undefined) return false;
  const isString = kind === 0x5d || kind === 0x50 || kind === 0x5e || kind === 0x5f || kind === 0x58; // OSC DCS PM APC SOS
  if (isString) return bytes.includes(bellByte, 2) || bytes.includes(escapeByte, 2);
  // CSI ends with its final byte; other sequences with the first byte that is no intermediate.
  const isEnd = kind === 0x5b ? (byte: number) => byte >= 0x40 : (byte: number) => byte >= 0x30;
  return bytes.subarray(kind === 0x5b ? 2 : 1).some(isEnd);
}

/**
 * How many bytes at the end of `bytes` are the beginning of a character or escape sequence whose rest is yet to come.
 * They have not changed the screen, so a snapshot taken here must be continued from before them.
 */
export function incompleteTail(bytes: Uint8Array): number {
  const at = bytes.lastIndexOf(escapeByte);
  if (at >= 0 && !isComplete(bytes.subarray(at))) return bytes.length - at;
  return incompleteCharacter(bytes);
}
