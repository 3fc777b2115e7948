import { Problem } from "@orchestratia/protocol/problems";
import type { FileTransfer } from "@orchestratia/protocol/remote";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { z } from "zod";
import type { Remote } from "./remote.ts";

/** How far a file of the project is. Throws transfer_not_found. */
export async function viewTransfer(remote: Remote, projectId: ProjectId, ref: string): Promise<FileTransfer> {
  const id = ref.toLowerCase();
  const relayed = remote.transfers.find(id);
  if (relayed?.plan.projectId === projectId) return relayed.view;
  const found = z.uuid().safeParse(id).success ? await remote.resumables.find(projectId, id) : undefined;
  if (!found) throw new Problem("transfer_not_found", "The hub knows no such file transfer (any more).");
  return found;
}
