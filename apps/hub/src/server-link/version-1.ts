import { DaemonFrame, VERSION_2_DAEMON_FRAMES } from "@orchestratia/protocol/server-link";
import type { Framing } from "./framing.ts";
import { decodeText, encodeText } from "./text-frames.ts";

const KNOWN = new Set<string>(
  DaemonFrame.options.map(({ shape }) => shape.type.value).filter((type) => !VERSION_2_DAEMON_FRAMES.includes(type)),
);

/** Version 1: text frames of one JSON object each. */
export const version1: Framing = {
  version: 1,
  decode: (data, isBinary) => (isBinary ? { kind: "junk", why: "a binary frame" } : decodeText(data, KNOWN)),
  encode: encodeText,
};
