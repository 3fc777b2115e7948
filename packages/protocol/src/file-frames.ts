import { z } from "zod";
import { Base64, delivery_id, Id, int, Policy, session } from "./frame-fields.ts";

const TransferId = Id.describe("As answered by the request that began the transfer");
const HubTransferId = z.string().describe("The same in every frame of one transfer");
const TransferNumber = int.describe("Of this run of the transfer, as its binary frames carry it");

/** What a daemon says of files on their way. The last ones are version 2's. */
export const DAEMON_FILE_FRAMES = [
  z.object({ type: z.literal("file_accept"), transfer_id: TransferId }),
  z.object({
    type: z.literal("file_chunk"),
    transfer_id: TransferId,
    index: int.min(0).describe("From 0, in order"),
    data: z.string().max(1_400_000).describe("Base64 of at most 65,536 bytes"),
    total_chunks: int.min(0).default(0).describe("Of the whole file"),
  }),
  z.object({
    type: z.literal("file_complete"),
    transfer_id: TransferId,
    total_chunks: int.min(0).default(0).describe("0 for an empty file"),
    sha256: z.string().max(64).describe("Of the whole file, in hexadecimal"),
  }),
  z.object({
    type: z.literal("file_ack"),
    transfer_id: TransferId,
    sha256_verified: z.boolean().describe("What it has has the SHA-256 that it should have"),
  }),
  z.object({
    type: z.literal("file_error"),
    transfer_id: TransferId,
    error: z.string().max(20_000).default("").describe("Why, in words"),
    policy: Policy,
  }),
  z.object({
    type: z.literal("file_taking"),
    transfer_id: TransferId,
    number: TransferNumber,
    offset: int.min(0).describe("How much of it is here already"),
  }),
  z.object({
    type: z.literal("file_progress"),
    transfer_id: TransferId,
    number: TransferNumber,
    offset: int.min(0).describe("The receiver has every byte before it in the file; of the sender: it reads on"),
  }),
  z.object({
    type: z.literal("file_received"),
    transfer_id: TransferId,
    path: z.string().max(8192).describe("Where it is now; said again until file_settled"),
  }),
] as const;

/** What the hub says of them. */
export const HUB_FILE_FRAMES = [
  z.object({
    type: z.literal("file_offer"),
    transfer_id: HubTransferId,
    filename: z.string().describe("A plain name, never a path"),
    file_size: int.describe("Bytes"),
    sha256: z.string().describe("Of the whole file, in hexadecimal"),
    sender_session: z.string().describe("Name of the session or server it comes from"),
  }),
  z.object({
    type: z.literal("file_send_start"),
    transfer_id: HubTransferId,
    file_path: z.string().describe("On the sender's machine, as the sender said"),
  }),
  z.object({
    type: z.literal("file_chunk"),
    transfer_id: HubTransferId,
    index: int.describe("From 0, in order"),
    data: Base64.describe("Base64 of at most 65,536 bytes"),
    total_chunks: int.describe("Of the whole file"),
  }),
  z.object({
    type: z.literal("file_complete"),
    transfer_id: HubTransferId,
    total_chunks: int.describe("0 for an empty file"),
    sha256: z.string().describe("Of the whole file, in hexadecimal"),
  }),
  z.object({
    type: z.literal("file_ack"),
    transfer_id: HubTransferId,
    sha256_verified: z.boolean().describe("The receiver has the file as it was announced"),
  }),
  z.object({ type: z.literal("file_error"), transfer_id: HubTransferId, error: z.string().describe("Why, in words") }),
  z.object({
    type: z.literal("file_take"),
    transfer_id: HubTransferId,
    number: TransferNumber,
    in_session: z.string().describe("In whose directory the file is to be"),
    path: z.string().describe("Relative to the session's directory"),
    overwrite: z.boolean().describe("What is there already may be replaced"),
    file_size: int.describe("Bytes"),
    sha256: z.string().describe("Of the whole file, in hexadecimal"),
    sender: z.string().describe("Name of the session or server it comes from"),
  }),
  z.object({
    type: z.literal("file_send"),
    transfer_id: HubTransferId,
    number: TransferNumber,
    in_session: z.string().nullable().describe("Where a relative path starts; null: there is none"),
    file_path: z.string().describe("On the sender's machine, as the sender said"),
    offset: int.describe("Where to begin"),
    file_size: int.describe("Bytes, as the sender said"),
    sha256: z.string().describe("Of the whole file, in hexadecimal, as the sender said"),
  }),
  z.object({
    type: z.literal("file_progress"),
    transfer_id: HubTransferId,
    number: TransferNumber,
    offset: int.describe("The receiver has every byte before it in the file"),
  }),
  z.object({ type: z.literal("file_settled"), transfer_id: HubTransferId }),
  z.object({
    type: z.literal("file_arrived"),
    ...session,
    delivery_id,
    transfer_id: z.string(),
    path: z.string(),
    file_size: int.describe("Bytes"),
    sender: z.string().describe("Name of the session or server it came from"),
  }),
] as const;
