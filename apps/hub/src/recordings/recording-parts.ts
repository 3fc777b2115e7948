import type { RunningPart } from "../events/running-part.ts";
import { recordingExpiry } from "./expiry.ts";
import type { Recordings } from "./recordings.ts";
import type { SegmentReceiver } from "./segment-receiver.ts";
import { strayFiles } from "./stray-files.ts";
import type { TextReader } from "./text-reader.ts";

/** What runs beside the commands for recordings: reading their text, and removing what is too old or belongs to nothing. */
export const recordingParts = (recordings: Recordings, receiver: SegmentReceiver, texts: TextReader): RunningPart[] => [
  texts,
  recordingExpiry(recordings),
  strayFiles(recordings, receiver),
];
