import type { FileTransfer } from "@orchestratia/protocol/remote";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

export const isUnderWay = ({ status }: FileTransfer): boolean =>
  status === "pending" || status === "accepted" || status === "transferring";

/** Where a file is; one that failed ends the command as failed. */
export function printTransfer({ output, outcome }: Context, transfer: FileTransfer): void {
  if (transfer.status === "failed" || transfer.status === "rejected") outcome.exitCode = EXIT.failed;
  output.answer(transfer, (shown, paint) => [
    `${shown.filename} to ${shown.target_session}: ${paint.cyan(shown.status)}`,
    `  ${shown.file_size} bytes, ${shown.chunks_relayed} of ${shown.total_chunks} pieces  Id: ${shown.transfer_id}`,
    ...(shown.status === "completed" ? [`  It is ${placeOf(shown)} on that session's machine.`] : []),
    ...(shown.waiting_for ? [`  The ${shown.waiting_for}'s machine is not connected; it goes on when it is.`] : []),
    ...(shown.error === null ? [] : [`  ${paint.red(shown.error)}`]),
  ]);
}

const placeOf = ({ arrived_path }: FileTransfer): string => arrived_path ?? "in $ORCHESTRATIA_TRANSFER_DIR";
