import { Problem } from "@orchestratia/protocol/problems";
import type { TransferPlan } from "./transfer.ts";

const MOST_OF_SERVER = 4;
const MOST_AT_ONCE = 32;

/** Throws server_busy when the hub, or one of the two servers, has its hands full with these. */
export function requireRoom(underWay: readonly TransferPlan[], { sender, target }: TransferPlan): void {
  const of = (serverId: string) =>
    underWay.filter((plan) => plan.sender.serverId === serverId || plan.target.serverId === serverId).length;
  if (underWay.length < MOST_AT_ONCE && of(sender.serverId) < MOST_OF_SERVER && of(target.serverId) < MOST_OF_SERVER)
    return;
  throw new Problem("server_busy", `A server relays ${MOST_OF_SERVER} files at once; wait until one has ended.`);
}
