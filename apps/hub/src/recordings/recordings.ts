import type { Logger } from "pino";
import type { Database } from "../db/database.ts";
import type { SegmentStore } from "./segment-store.ts";

/** What the recordings of a hub need. */
export interface Recordings {
  database: Database;
  store: SegmentStore;
  /** Bytes that all of them may take together; the oldest segments go first. */
  maxBytes: number;
  log: Logger;
}
