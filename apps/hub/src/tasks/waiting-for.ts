import { isBlocked } from "@orchestratia/domain/dependency-graph";
import {
  awaitedByScan,
  type Candidate,
  meetsHardRequirements,
  type Placing,
  type Requirements,
} from "@orchestratia/domain/matching";
import type { Upstream } from "./open-edges.ts";
import type { SummaryRow } from "./task-select.ts";

/** What a task's wait depends on besides the task itself. */
export interface Surroundings {
  upstreams: readonly Upstream[];
  /** Why no server takes it, in words; undefined when one is about to. */
  placement: string | undefined;
  /** False when the assigned server is known not to be connected. */
  serverReachable: boolean;
  now: Date;
}

type Waiting = Pick<
  SummaryRow,
  | "status"
  | "blockers"
  | "is_container"
  | "auto_assign"
  | "eligible_at"
  | "delivered_at"
  | "worker_lost_since"
  | "assigned_server_name"
  | "assigned_session_id"
  | "target_session_name"
>;

/** Why nothing happens with the task now, as a person would say it; null when something does, or when all is over. */
export function waitingFor(task: Waiting, around: Surroundings): string | null {
  switch (task.status) {
    case "pending":
      return isBlocked(task) ? upstreamWords(around.upstreams) : placementWords(task, around);
    case "assigned":
      return isBlocked(task) ? upstreamWords(around.upstreams) : sessionWords(task, around);
    case "plan_review":
      return "Waiting for its plan to be approved";
    case "review":
      return "Waiting for review";
    case "needs_human":
      return "Waiting for an answer";
    case "planning":
    case "running":
      return task.worker_lost_since === null ? null : "Waiting for its worker, of which nothing is heard";
    case "done":
    case "failed":
    case "cancelled":
      return null;
  }
}

/** True when the words depend on which servers there are. */
export function asksForPlacement(task: Waiting, now: Date): boolean {
  return (
    task.status === "pending" && !isBlocked(task) && !task.is_container && task.auto_assign && task.eligible_at <= now
  );
}

const NAMED_AT_MOST = 3;

function upstreamWords(upstreams: readonly Upstream[]): string {
  const named = upstreams.slice(0, NAMED_AT_MOST).map(({ key, status }) => {
    if (status === "failed") return `${key}, which failed`;
    return status === "cancelled" ? `${key}, which was cancelled` : key;
  });
  const others = upstreams.length - named.length;
  if (others > 0) named.push(others === 1 ? "1 other" : `${others} others`);
  return `Waits for ${inWords(named, "and")}`;
}

function placementWords(task: Waiting, around: Surroundings): string {
  if (task.is_container) return "Done when its children are";
  if (!task.auto_assign) return "Not to be assigned automatically";
  if (task.eligible_at > around.now) return `Not to be assigned before ${task.eligible_at.toISOString()}`;
  return around.placement ?? "About to be assigned";
}

function sessionWords(task: Waiting, { serverReachable }: Surroundings): string {
  const server = task.assigned_server_name ?? "its server";
  if (!serverReachable) return `Waiting for ${server} to connect`;
  if (task.assigned_session_id === null) return `Waiting for a session on ${server}`;
  const session = task.target_session_name ?? "its session";
  return task.delivered_at === null ? `Waiting to reach ${session}` : `Waiting for ${session} to start`;
}

/** Why none of these servers takes a task with these requirements now; undefined when one can. */
export function whyNotPlaced(
  requirements: Requirements,
  servers: readonly Candidate[],
  { tried, waits, waitsUntil }: Placing & { waitsUntil?: Date | null } = {},
): string | undefined {
  if (servers.length === 0) return "No server is registered";
  const awaited = waits ? awaitedByScan(requirements, servers, tried) : undefined;
  if (awaited) {
    const until = waitsUntil ? `, until ${waitsUntil.toISOString()}` : ", for a while";
    return `Waiting for ${awaited.name}, which it prefers${until}`;
  }
  const asked = requirementWords(requirements);
  const which = asked === "" ? "" : ` with ${asked}`;
  const able = servers.filter(({ capabilities }) => meetsHardRequirements(requirements, capabilities));
  if (able.length === 0) return `No server${which} is registered`;
  const untried = able.filter((server) => !tried?.has(server.id));
  if (untried.length === 0) return `It could not be started on any server${which}`;
  const reachable = untried.filter((server) => server.reachable);
  if (reachable.length === 0) return `No server${which} is online`;
  const taking = reachable.filter((server) => !server.draining);
  if (taking.length === 0) return `Every server${which} is being drained`;
  const starting = taking.filter((server) => !server.startsNoSessions);
  if (starting.length === 0) return `No server${which} may start sessions`;
  const unlimited = starting.filter((server) => !server.usageLimited);
  if (unlimited.length === 0) return `Every agent${which} has reached its usage limit`;
  if (unlimited.some((server) => server.activeTasks < server.maxConcurrent)) return undefined;
  const names = unlimited.map(({ name }) => name).sort();
  const others = names.length - NAMED_AT_MOST;
  const named = others > 0 ? [...names.slice(0, NAMED_AT_MOST), `${others} more`] : names;
  return `Waiting for a free place on ${inWords(named, "or")}`;
}

function requirementWords({ repo, languages, environments }: Requirements): string {
  const parts: string[] = [];
  if (repo !== undefined) parts.push(`repo ${repo}`);
  if (languages.length > 0) parts.push(inWords(languages, "and"));
  if (environments.length > 0) parts.push(inWords(environments, "or"));
  return inWords(parts, "and");
}

function inWords(parts: readonly string[], conjunction: "and" | "or"): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${conjunction} ${parts.at(-1)}`;
}
