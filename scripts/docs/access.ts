import { type FrameAccess, SERVER_FRAMES, VIEWER_FRAMES } from "../../packages/protocol/src/frame-access.ts";
import { type CallerRole, mayCall } from "../../packages/protocol/src/may-call.ts";
import type { Door, Operation } from "../../packages/protocol/src/operation.ts";
import { operations } from "../../packages/protocol/src/operations/all.ts";
import { code, codes, table } from "./markdown.ts";

const PEOPLE: readonly CallerRole[] = ["account", "viewer", "member", "owner", "admin", "hub"];
const MACHINES: readonly CallerRole[] = ["worker", "orchestrator", "server"];

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** Which operations behind these doors let in which roles. */
function accessTable(doors: readonly Door[], roles: readonly CallerRole[]): string {
  const rows = operations
    .filter(({ door }) => doors.includes(door))
    .toSorted((left, right) => compare(left.path, right.path) || compare(left.method, right.method))
    .map((operation) => [
      code(`${operation.method} ${operation.path.replace("/api/v1", "")}`),
      ...roles.map((role) => lets(role, operation)),
    ]);
  return table(["below `/api/v1`", ...roles], rows);
}

function lets(role: CallerRole, operation: Operation): string {
  if (!mayCall({ role }, operation)) return "";
  return mayCall({ role, byToken: true }, operation) ? "yes" : "sign-in";
}

export const peopleAccessTable = (): string => accessTable(["people"], PEOPLE);
export const machineAccessTable = (): string => accessTable(["agents", "daemons"], MACHINES);

/** Who may send the hub which frame. */
export function frameAccessTable(): string {
  const links: [string, Readonly<Record<string, FrameAccess>>][] = [
    ["`/ws/server`", SERVER_FRAMES],
    ["`/ws/dashboard`", VIEWER_FRAMES],
  ];
  const rows = links.flatMap(([link, frames]) => {
    const senders = [...new Set(Object.values(frames))];
    return senders.map((sender) => [
      link,
      sender.replace("_", " "),
      codes(Object.keys(frames).filter((type) => frames[type] === sender)),
    ]);
  });
  return table(["socket", "who may send", "frames"], rows);
}
