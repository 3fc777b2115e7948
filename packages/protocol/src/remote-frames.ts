import { z } from "zod";
import { int, Policy, RequestId } from "./frame-fields.ts";

/** What one `remote_exec_output` carries at most, in bytes of UTF-8. */
export const EXEC_PIECE_BYTES = 8 * 1024;
/** How many pieces of one command's output a daemon sends ahead of the hub's `remote_exec_taken`. */
export const EXEC_PIECES_IN_FLIGHT = 16;

const asked = { request_id: z.string().describe("To be named in the answer") };

/** What comes of commands and questions about files. */
export const DAEMON_REMOTE_FRAMES = [
  z.object({
    type: z.literal("remote_exec_output"),
    request_id: RequestId,
    stream: z.enum(["stdout", "stderr"]),
    content: z.string().max(EXEC_PIECE_BYTES).describe("The next piece, cut between characters"),
  }),
  z.object({
    type: z.literal("remote_exec_result"),
    request_id: RequestId,
    exit_code: int.default(-1).describe("-1: it could not be run to its end"),
    stdout: z.string().default("").describe("What it printed and no remote_exec_output brought"),
    stderr: z.string().default("").describe("The same of what it complained of"),
    policy: Policy,
  }),
  z.object({
    type: z.literal("remote_read_result"),
    request_id: RequestId,
    error: z.string().max(20_000).nullish().describe("Why not, in words"),
    policy: Policy,
    size: int.min(0).nullish().describe("Of the whole file, in bytes"),
    version: z.string().max(200).nullish().describe("Another one when the file is not the same any more"),
    data: z.string().max(1_400_000).nullish().describe("Base64 of what is there from the offset on"),
  }),
] as const;

export const HUB_REMOTE_FRAMES = [
  z.object({
    type: z.literal("remote_exec"),
    ...asked,
    command: z.string().describe("For the system's shell; it changes to the session's directory first"),
    stream: z
      .boolean()
      .optional()
      .describe("Version 2: what it prints is sent as it comes; an older daemon sends all of it with the result"),
  }),
  z.object({
    type: z.literal("remote_exec_taken"),
    request_id: z.string().describe("Of remote_exec"),
    pieces: int.describe("So many have been handed on; not more than 16 are sent ahead of that"),
  }),
  z.object({
    type: z.literal("remote_exec_cancel"),
    request_id: z.string().describe("Of remote_exec: nobody waits for it any more, it is ended"),
  }),
  z.object({
    type: z.literal("remote_read"),
    ...asked,
    in_session: z.string().describe("A relative path starts in its directory, and none leads out of it"),
    path: z.string(),
    offset: int,
    length: int.describe("Bytes at most"),
  }),
] as const;
