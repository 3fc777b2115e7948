/** A file of the store, also one whose writing was broken off. */
export interface StoredFile {
  key: string;
  storedAt: Date;
}

/** Where the files of recordings are kept, each at most a few megabytes. Keys are relative paths with `/`. */
export interface SegmentStore {
  /** Kept when this resolves; what was there is replaced. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Those that begin with `prefix`, a thousand or so at a time. */
  list(prefix: string): AsyncIterable<StoredFile[]>;
  /** Those that are not there are removed already. */
  remove(keys: readonly string[]): Promise<void>;
}

export const segmentKey = (projectId: string, sessionId: string, segment: number): string =>
  `${projectId}/${sessionId}/${segment}.gz`;
