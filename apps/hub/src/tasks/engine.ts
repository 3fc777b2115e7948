import type pg from "pg";
import type { Logger } from "pino";
import type { SchemaChecker } from "../contracts/schema-checker.ts";
import type { Database } from "../db/database.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { LeaseKeeper } from "../leases/lease-keeper.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import type { Fleet } from "../matching/fleet.ts";
import type { Matcher } from "../matching/matcher.ts";
import type { DaemonWorkspaces } from "../workspaces/daemon-workspaces.ts";
import type { Proofs } from "../workspaces/proofs.ts";
import type { CompletionRequest } from "./judge-completion.ts";
import type { ProjectWriters } from "./project-writer.ts";

/** What the commands that move tasks work with; hub.ts makes the one there is. */
export interface Engine {
  database: Database;
  /** Connections for the writers' transactions. */
  pipelined: pg.Pool;
  /** Wakes the sequencer. */
  events: { wake(): void };
  fleet: Fleet;
  matcher: Matcher;
  delivery: Delivery;
  leases: LeaseKeeper;
  schemas: SchemaChecker;
  workspaces: DaemonWorkspaces;
  proofs: Proofs;
  writers: ProjectWriters<CompletionRequest>;
  log: Logger;
}

/** What a committed transaction changed for others in this process. */
export interface Changes {
  projectId: string;
  /** Assigned and free to start: push them. */
  ready?: readonly AssignedTask[];
  /** Places that servers took (positive) or got back (negative). */
  places?: readonly (readonly [serverId: string, delta: number])[];
  /** Tasks that no longer hold the session they had. */
  released?: readonly string[];
  /** True when a task may be placed now that could not be before. */
  placeable?: boolean;
  /** True when sessions have something to be told. */
  told?: boolean;
  /** Sessions whose work is over, in a project that keeps none beyond that. */
  ended?: readonly string[];
}

/** Straight after a commit: first the pushes, which somebody waits for, then everything that may come a little later. */
export function afterCommit(engine: Engine, changes: Changes): void {
  for (const taskId of changes.released ?? []) engine.delivery.release(taskId);
  if (changes.ready) engine.delivery.deliver(changes.ready);
  for (const [serverId, delta] of changes.places ?? []) engine.fleet.adjust(serverId, delta);
  engine.events.wake();
  if (changes.placeable) engine.matcher.wake(changes.projectId);
  if (changes.told) engine.delivery.wake();
  for (const sessionId of changes.ended ?? []) engine.delivery.endSession(sessionId);
}
