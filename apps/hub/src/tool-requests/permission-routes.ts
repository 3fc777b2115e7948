import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { pushRuleChanges } from "../approval-rules/reactions.ts";
import { approvalRuleRoutes } from "../approval-rules/routes.ts";
import type { Database } from "../db/database.ts";
import type { Bus } from "../events/bus.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import { toolRequestRoutes } from "./routes.ts";
import { ToolWaits } from "./tool-waits.ts";

interface Permissions extends Disposable {
  routes(app: FastifyInstance): void;
}

/** What agents may do with their tools: the rules, and people where no rule decides. */
export function openPermissions(parts: {
  database: Database;
  bus: Bus;
  connections: ServerConnections;
  events: { wake(): void };
  log: Logger;
}): Permissions {
  const { database, bus, connections, events, log } = parts;
  const waits = new ToolWaits(bus);
  const endPushes = pushRuleChanges(bus, database.sql, connections, log);
  return {
    routes(app) {
      approvalRuleRoutes(app, { database, events });
      toolRequestRoutes(app, { database, events }, waits);
    },
    /** Before the doors close: whoever waits within a request is let go. */
    [Symbol.dispose]() {
      waits[Symbol.dispose]();
      endPushes();
    },
  };
}
