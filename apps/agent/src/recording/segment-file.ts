import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A closed segment of a session's recording that waits on disk for the hub; its file's name says all of this. */
export interface SegmentFile {
  /** Counted from 0 without gaps but for segments that were given up. */
  segment: number;
  /** The first output byte in it, and the one behind the last. */
  offset: number;
  end: number;
}

export const recordingFolder = (sessionFolder: string): string => join(sessionFolder, "recording");

export const segmentPath = (folder: string, { segment, offset, end }: SegmentFile): string =>
  join(folder, `${segment}-${offset}-${end}.gz`);

/** The segments in `folder`, in order; none when there is no such folder. */
export function listSegments(folder: string): SegmentFile[] {
  const found: SegmentFile[] = [];
  for (const name of namesIn(folder)) {
    const match = /^(\d+)-(\d+)-(\d+)\.gz$/.exec(name);
    if (match) found.push({ segment: Number(match[1]), offset: Number(match[2]), end: Number(match[3]) });
  }
  return found.sort((left, right) => left.segment - right.segment);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
