import { TransferError } from "./sendable-file.ts";

/** What is told to the other end: our own words as they are, the system's behind `what`. */
export const sentenceOf = (error: unknown, what: string): string =>
  error instanceof TransferError ? error.message : `${what}: ${error instanceof Error ? error.message : String(error)}`;
