import type { Logger } from "pino";
import { SchemaChecker } from "../contracts/schema-checker.ts";
import type { Database } from "../db/database.ts";
import { openPipelinedPool } from "../db/pipelined-transaction.ts";
import { creatorMessages } from "../delivery/creator-messages.ts";
import { Delivery, type DeliveryOptions } from "../delivery/delivery.ts";
import { waitingReaction } from "../dependencies/waiting-reaction.ts";
import { families } from "../epics/families.ts";
import type { Bus } from "../events/bus.ts";
import type { RunningPart } from "../events/running-part.ts";
import { InterventionExpiry } from "../interventions/intervention-expiry.ts";
import { LeaseKeeper } from "../leases/lease-keeper.ts";
import { Fleet } from "../matching/fleet.ts";
import { Matcher } from "../matching/matcher.ts";
import { sessionTails } from "../output/session-tails.ts";
import { SearchIndex } from "../search/search-index.ts";
import type { DeadlineClock } from "../timers/pauses.ts";
import { usageLimitPolicy } from "../usage-limits/usage-limit-policy.ts";
import { receiveBack } from "../workers/returned-workers.ts";
import { workerParts } from "../workers/worker-parts.ts";
import { DaemonWorkspaces } from "../workspaces/daemon-workspaces.ts";
import { mergedWorktrees } from "../workspaces/merged-worktrees.ts";
import { missingDiffs } from "../workspaces/missing-diffs.ts";
import { prepareCheckout } from "../workspaces/prepare-checkout.ts";
import { Proofs } from "../workspaces/proofs.ts";
import { completionFold } from "./complete-task.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { ProjectWriters } from "./project-writer.ts";
import { Rederivation } from "./rederive.ts";

export interface EngineOptions extends Omit<DeliveryOptions, "pool" | "prepareCheckout"> {
  database: Database;
  /** Carries what happened, in order. */
  bus: Bus;
  /** What the doors keep running, looked after with the rest. */
  doors?: readonly RunningPart[];
  clock?: DeadlineClock | undefined;
  log: Logger;
}

/** The engine with everything that runs in it. */
export interface RunningEngine extends Engine, AsyncDisposable {
  /** Reads what the rows say and begins to act on it. */
  start(): Promise<void>;
  /** What runs each 30 s from then on: does from rows alone whatever should have been done by now. */
  rederive(): Promise<void>;
  /** Resolves when nothing that was set going is under way. */
  settled(): Promise<void>;
}

/** Transactions that the writers have under way at once; each project has one writer. */
const WRITER_CONNECTIONS = 4;

export function openEngine({ database, bus, doors = [], clock, log, ...links }: EngineOptions): RunningEngine {
  const fleet = new Fleet(database.sql, {
    isConnected: (serverId) => links.connections.isConnected(serverId),
  });
  const workspaces = new DaemonWorkspaces(links.connections);
  const delivery = new Delivery({
    ...links,
    pool: database.pool,
    prepareCheckout: (task, repo, folder) =>
      prepareCheckout({ pool: database.pool, events: links.events, workspaces }, task, { repo, folder }),
    log,
  });
  const pipelined = openPipelinedPool(database, WRITER_CONNECTIONS);
  const matcher = new Matcher({
    pool: database.pool,
    fleet,
    log,
    // The matcher has counted the places in the fleet already.
    onPlaced: (tasks) => {
      const [first] = tasks;
      if (first) afterCommit(engine, { projectId: first.project_id, ready: tasks });
    },
  });
  const engine: Engine = {
    database,
    pipelined,
    events: links.events,
    fleet,
    matcher,
    delivery,
    leases: new LeaseKeeper({ ...links, pool: database.pool, log, onSeen: (signs) => receiveBack(engine, signs) }),
    schemas: new SchemaChecker(),
    workspaces,
    proofs: new Proofs(() => engine, links.connections),
    writers: new ProjectWriters(completionFold(() => engine)),
    log,
  };
  const parts: RunningPart[] = [
    new InterventionExpiry(engine, bus, clock),
    waitingReaction(engine, bus),
    ...workerParts(engine, bus, links, clock),
    creatorMessages({ sql: database.sql, bus, log, onCollected: () => delivery.wake() }),
    families(engine, bus),
    sessionTails(engine, bus, links.sessions),
    usageLimitPolicy(engine, bus),
    new SearchIndex({ pool: database.pool, bus, log }),
    mergedWorktrees(() => engine, links.connections),
    missingDiffs(() => engine, links.connections),
    ...doors,
  ];
  const rederivation = new Rederivation(engine, parts);
  return {
    ...engine,
    start: () => rederivation.start(),
    rederive: () => rederivation.run(),
    async settled() {
      await engine.writers.settled();
      for (const part of parts) await part.settled();
      await matcher.settled();
      await delivery.settled();
    },
    async [Symbol.asyncDispose]() {
      // What waits for a daemon's answer would hold up everything below.
      engine.proofs[Symbol.dispose]();
      workspaces[Symbol.dispose]();
      await rederivation[Symbol.asyncDispose]();
      for (const part of parts) await part[Symbol.asyncDispose]();
      await engine.writers.settled();
      await matcher[Symbol.asyncDispose]();
      delivery[Symbol.dispose]();
      await delivery.settled();
      await engine.schemas[Symbol.asyncDispose]();
      await pipelined.end();
    },
  };
}
