import { DaemonFrame, VERSION_1_ONLY } from "@orchestratia/protocol/server-link";
import { decodeTerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { Decoded, Framing } from "./framing.ts";
import { decodeText, encodeText } from "./text-frames.ts";

const KNOWN = new Set<string>(
  DaemonFrame.options.map(({ shape }) => shape.type.value).filter((type) => !VERSION_1_ONLY.includes(type)),
);

/** Version 2: what version 1 has, and terminal bytes in binary frames. */
export const version2: Framing = {
  version: 2,
  decode: (data, isBinary) => (isBinary ? decodeBytes(data) : decodeText(data, KNOWN)),
  encode: encodeText,
};

function decodeBytes(data: Buffer): Decoded {
  const frame = decodeTerminalFrame(data);
  return frame ? { kind: "bytes", frame } : { kind: "junk", why: "a binary frame that is too short" };
}
