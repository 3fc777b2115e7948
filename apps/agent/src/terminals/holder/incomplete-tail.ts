import { cutOffBytes } from "../../cut-off-bytes.ts";

const escapeByte = 0x1b;
const bellByte = 0x07;

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
  return cutOffBytes(bytes);
}
