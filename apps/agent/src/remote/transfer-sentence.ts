import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { PolicyRefusal } from "../policy/policy-refusal.ts";
import { TransferError } from "./sendable-file.ts";

/** What is told to the other end: our own words as they are, the system's behind `what`. */
export const sentenceOf = (error: unknown, what: string): string =>
  error instanceof TransferError || error instanceof PolicyRefusal
    ? error.message
    : `${what}: ${error instanceof Error ? error.message : String(error)}`;

/** The frame that ends a transfer, with the policy's switch where that refuses it. */
export const fileError = (
  transfer_id: string,
  error: unknown,
  what: string,
): Extract<DaemonFrame, { type: "file_error" }> => ({
  type: "file_error",
  transfer_id,
  error: sentenceOf(error, what),
  ...(error instanceof PolicyRefusal && { policy: error.policy }),
});
