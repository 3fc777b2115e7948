import { DaemonFrame, type HubFrame, V1_FRAME_MAX_BYTES } from "@orchestratia/protocol/server-link";
import type { Decoded } from "./framing.ts";

/** What a daemon can do without in `task_assigned`, as it can be read by REST, the largest first. */
const DISPENSABLE = ["resolved_inputs", "structured_spec", "spec"] as const;

/** Reads a text frame, one JSON object; of the types in `known`. */
export function decodeText(data: Buffer, known: ReadonlySet<string>): Decoded {
  const value = parseJson(data);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { kind: "junk", why: "no JSON object" };
  const { type } = value as { type?: unknown };
  if (typeof type !== "string" || !known.has(type)) return { kind: "unknown" };
  const parsed = DaemonFrame.safeParse(value);
  if (parsed.success) return { kind: "frame", frame: parsed.data };
  const [issue] = parsed.error.issues;
  return { kind: "malformed", why: `${type}: ${issue?.path.join(".")}: ${issue?.message}` };
}

/** Undefined when the frame is too large, also without what can be read by REST. */
export function encodeText(frame: HubFrame): string | undefined {
  const text = fitting(frame);
  if (text !== undefined || frame.type !== "task_assigned") return text;
  const lean = { ...frame };
  for (const name of DISPENSABLE) {
    delete lean[name];
    const leaner = fitting(lean);
    if (leaner !== undefined) return leaner;
  }
  return undefined;
}

function fitting(frame: HubFrame): string | undefined {
  const text = JSON.stringify(frame);
  return Buffer.byteLength(text) < V1_FRAME_MAX_BYTES ? text : undefined;
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}
