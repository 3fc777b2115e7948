import { z } from "zod";
import { SessionId } from "./vocabulary.ts";

/** Largest file that the hub relays from one server to another, in bytes. */
export const FILE_MAX_BYTES = 100 * 1024 * 1024;
/** What one `file_chunk` carries, the last one of a file excepted, in bytes. */
export const FILE_CHUNK_BYTES = 64 * 1024;
/** Longest that a remote command may take, in seconds: a version 1 daemon gives up after as long. */
export const EXEC_MAX_SECONDS = 120;

export const RemoteExec = z
  .object({
    session_name: z.string().min(1).max(200).describe("Name (or id) of a live session of the project"),
    command: z.string().min(1).max(64_000).describe("For the server's shell, in the session's directory"),
    timeout: z.number().positive().max(86_400).default(30).describe("Seconds; 120 is the most, whatever is asked for"),
  })
  .meta({ id: "RemoteExec" });
export type RemoteExec = z.infer<typeof RemoteExec>;

export const RemoteResult = z
  .object({
    exit_code: z.number().int().describe("-1: the daemon could not run it to its end"),
    stdout: z.string(),
    stderr: z.string(),
  })
  .meta({ id: "RemoteResult" });
export type RemoteResult = z.infer<typeof RemoteResult>;

const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, "SHA-256 as 64 hexadecimal digits")
  .transform((hex) => hex.toLowerCase());

export const NewFileTransfer = z
  .object({
    target_session: z.string().min(1).max(200).describe("Name (or id) of the live session to whose server it goes"),
    project_id: z.string().max(64).nullish(),
    filename: z.string().min(1).max(4096).describe("Only its last part counts"),
    file_path: z.string().min(1).max(4096).describe("Where the sender's daemon finds it"),
    file_size: z.number().int().min(0).describe("Bytes; 100 MiB is the most"),
    sha256: Sha256,
  })
  .meta({ id: "NewFileTransfer" });
export type NewFileTransfer = z.infer<typeof NewFileTransfer>;

export const TRANSFER_STATUSES = ["pending", "accepted", "transferring", "completed", "failed", "rejected"] as const;
export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

export const FileTransfer = z
  .object({
    transfer_id: z.uuid(),
    status: z.enum(TRANSFER_STATUSES).describe("completed: the receiver has it whole, its SHA-256 is right"),
    filename: z.string(),
    file_size: z.number().int(),
    sha256: z.string(),
    sender: z.string().describe("Session or server it comes from"),
    target_session: z.string(),
    target_session_id: SessionId,
    chunks_relayed: z.number().int(),
    total_chunks: z.number().int(),
    error: z.string().nullable(),
  })
  .meta({ id: "FileTransfer" });
export type FileTransfer = z.infer<typeof FileTransfer>;

export const Scrollback = z
  .object({ session_id: SessionId, lines: z.array(z.string()).describe("Oldest first, as plain text") })
  .meta({ id: "Scrollback" });
