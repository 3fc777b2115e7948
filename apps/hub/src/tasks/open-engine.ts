import type { Logger } from "pino";
import { SchemaChecker } from "../contracts/schema-checker.ts";
import type { Database } from "../db/database.ts";
import { openPipelinedPool } from "../db/pipelined-transaction.ts";
import { Delivery, type DeliveryOptions } from "../delivery/delivery.ts";
import type { Bus } from "../events/bus.ts";
import type { RunningPart } from "../events/running-part.ts";
import { Fleet } from "../matching/fleet.ts";
import { Matcher } from "../matching/matcher.ts";
import { completionFold } from "./complete-task.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { ProjectWriters } from "./project-writer.ts";
import { Rederivation } from "./rederive.ts";

export interface EngineOptions extends Omit<DeliveryOptions, "pool"> {
  database: Database;
  /** Carries what happened, in order. */
  bus: Bus;
  log: Logger;
}

/** The engine with everything that runs in it. */
export interface RunningEngine extends Engine, AsyncDisposable {
  /** Reads what the rows say and begins to act on it. */
  start(): Promise<void>;
  /** Resolves when nothing that was set going is under way. */
  settled(): Promise<void>;
}

/** Transactions that the writers have under way at once; each project has one writer. */
const WRITER_CONNECTIONS = 4;

export function openEngine({ database, bus, log, ...links }: EngineOptions): RunningEngine {
  const fleet = new Fleet(database.sql, (serverId) => links.connections.isConnected(serverId));
  const delivery = new Delivery({ ...links, pool: database.pool, log });
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
    schemas: new SchemaChecker(),
    writers: new ProjectWriters(completionFold(() => engine)),
    log,
  };
  const parts: RunningPart[] = [];
  const rederivation = new Rederivation(engine, parts);
  return {
    ...engine,
    start: () => rederivation.start(),
    async settled() {
      await engine.writers.settled();
      for (const part of parts) await part.settled();
      await matcher.settled();
      await delivery.settled();
    },
    async [Symbol.asyncDispose]() {
      await rederivation[Symbol.asyncDispose]();
      for (const part of parts) await part[Symbol.asyncDispose]();
      await engine.writers.settled();
      await matcher[Symbol.asyncDispose]();
      await delivery.settled();
      await engine.schemas[Symbol.asyncDispose]();
      await pipelined.end();
    },
  };
}
