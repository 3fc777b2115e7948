import { z } from "zod";
import { SessionId } from "./vocabulary.ts";

/** Largest file that the hub relays from one server to another, in bytes. */
export const FILE_MAX_BYTES = 100 * 1024 * 1024;
/** Largest file that goes from one version 2 daemon to another, in bytes. */
export const FILE_RESUMABLE_MAX_BYTES = 10 * 1024 * 1024 * 1024;
/** After how long a file that is not there yet is given up, in milliseconds. */
export const FILE_MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** The most that one answer of `remote read` holds, in bytes. */
export const READ_MAX_BYTES = 256 * 1024;
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

export const RemoteLine = z
  .object({
    stdout: z.string().optional().describe("The next piece of what it printed"),
    stderr: z.string().optional().describe("The next piece of what it complained of"),
    exit_code: z.number().int().optional().describe("The last line: how it ended, as in the whole answer"),
    problem: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("The last line, where it went wrong after it had begun: a problem, as RFC 9457 has them"),
  })
  .meta({ id: "RemoteLine" });
export type RemoteLine = z.infer<typeof RemoteLine>;

export const RemoteRead = z
  .object({
    session_name: z.string().min(1).max(200).describe("Name (or id) of a live session of the project"),
    path: z.string().min(1).max(4096).describe("In the session's directory, from which no link leads out"),
    offset: z.number().int().min(0).default(0),
    length: z.number().int().min(1).max(READ_MAX_BYTES).default(READ_MAX_BYTES).describe("Bytes at most"),
  })
  .meta({ id: "RemoteRead" });
export type RemoteRead = z.infer<typeof RemoteRead>;

export const RemotePiece = z
  .object({
    size: z.number().int().describe("Of the whole file, in bytes"),
    version: z.string().describe("Another one when the file is not the same any more"),
    data: z.string().describe("Base64 of what is there from the offset on"),
  })
  .meta({ id: "RemotePiece" });
export type RemotePiece = z.infer<typeof RemotePiece>;

const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, "SHA-256 as 64 hexadecimal digits")
  .transform((hex) => hex.toLowerCase());

export const NewFileTransfer = z
  .object({
    target_session: z.string().min(1).max(200).describe("Name (or id) of the live session to whose server it goes"),
    project_id: z.string().max(64).nullish(),
    filename: z.string().min(1).max(4096).describe("Only its last part counts"),
    file_path: z
      .string()
      .min(1)
      .max(4096)
      .describe("Where the sender's daemon finds it; a relative path starts in the sending session's directory"),
    file_size: z
      .number()
      .int()
      .min(0)
      .describe("Bytes; 10 GiB is the most, 100 MiB where one of the daemons is of version 1"),
    sha256: Sha256,
    target_path: z
      .string()
      .min(1)
      .max(1024)
      .nullish()
      .describe("Where it goes in the target session's directory; nothing hidden. Without it: its name"),
    overwrite: z.boolean().default(false).describe("What is there already may be replaced"),
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
    waiting_for: z
      .enum(["sender", "receiver"])
      .nullish()
      .describe("Whose machine is not connected; it goes on where it stopped when that is back"),
    arrived_path: z.string().nullish().describe("Where it is on the receiver's machine; unknown of version 1"),
  })
  .meta({ id: "FileTransfer" });
export type FileTransfer = z.infer<typeof FileTransfer>;

export const Scrollback = z
  .object({ session_id: SessionId, lines: z.array(z.string()).describe("Oldest first, as plain text") })
  .meta({ id: "Scrollback" });
