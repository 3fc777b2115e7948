import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { TERMINAL_KINDS, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { FastifyInstance } from "fastify";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { sessionsMissing } from "../sessions/session-status.ts";
import { Turns } from "../sockets/turns.ts";
import { type ServerCaller, ServerConnection, type ServerDoor } from "./connection.ts";
import { type FrameContext, type RecordingSink, receiveFrame } from "./frames.ts";
import { Inventory } from "./inventory.ts";
import { receiveBytes } from "./version-2-frames.ts";

const INTERNAL_ERROR = 1011;
/** A version 2 daemon says itself when its report is complete; one that never does so is not waited for for ever. */
const REPORT_MS = 60_000;

export interface ServerLinkOptions {
  /** Whose key it is. */
  signIn: (apiKey: string) => Promise<ServerCaller | undefined>;
  /** Told of every frame, besides what the sessions make of it. */
  onFrame?: (serverId: string, frame: DaemonFrame) => void;
  /** Told of the bytes of files. */
  onFileBytes?: (serverId: string, frame: TerminalFrame) => void;
  recordings: RecordingSink;
  /** Milliseconds until an unsigned socket is closed, and until a silent inventory counts as ended. */
  authMs?: number;
  inventoryMs?: number;
}

/** `/ws/server`: the daemons' door. What their frames change is written in the order in which they came. */
export class ServerLink implements ServerDoor {
  readonly #hub: SessionHub;
  readonly #options: ServerLinkOptions;
  readonly #inventories = new Map<ServerConnection, Inventory>();
  readonly #current = new Map<string, ServerConnection>();
  readonly #turns: Turns;

  constructor(hub: SessionHub, options: ServerLinkOptions) {
    this.#hub = hub;
    this.#options = options;
    this.#turns = new Turns((error, serverId) => {
      hub.log.error({ err: error, server_id: serverId }, "what a daemon said could not be written");
      // The inventory of its next connection repairs what was missed.
      hub.connections.disconnect(serverId, INTERNAL_ERROR, "the hub could not write what you said");
    });
  }

  /** Adds the route; @fastify/websocket must be registered. */
  routes(app: FastifyInstance): void {
    app.get("/ws/server", { websocket: true }, (socket, request) => {
      new ServerConnection(socket, request, this, this.#options.authMs);
    });
  }

  /** The server has read its access grants: a version 1 daemon does so behind its inventory. */
  inventoryEnded(serverId: string): void {
    const connection = this.#current.get(serverId);
    const inventory = connection && this.#inventories.get(connection);
    // The reading came by another socket and may have overtaken the report.
    if (inventory) connection.afterWhatWasSent(() => inventory.end());
  }

  /** When everything that daemons have said so far is written. */
  async settled(): Promise<void> {
    await this.#turns.settled();
  }

  signIn(apiKey: string): Promise<ServerCaller | undefined> {
    return this.#options.signIn(apiKey);
  }

  opened(connection: ServerConnection): void {
    const { server } = connection;
    const isNew = !this.#hub.connections.isConnected(server.id);
    const graceMs = connection.version === 2 ? REPORT_MS : this.#options.inventoryMs;
    const inventory = new Inventory(() => this.#reconcile(connection, inventory), graceMs);
    this.#inventories.set(connection, inventory);
    this.#current.set(server.id, connection);
    if (isNew) this.#turns.run(server.id, () => this.#recordLink(server, "server.connected"));
    this.#hub.connections.adopt(connection);
  }

  received(connection: ServerConnection, frame: DaemonFrame): void {
    const context = this.#contextOf(connection);
    if (!context) return;
    receiveFrame(context, frame);
    this.#options.onFrame?.(connection.serverId, frame);
  }

  receivedBytes(connection: ServerConnection, frame: TerminalFrame): void {
    const context = this.#contextOf(connection);
    if (!context) return;
    if (frame.kind === TERMINAL_KINDS.file) this.#options.onFileBytes?.(connection.serverId, frame);
    else receiveBytes(context, frame);
  }

  #contextOf(connection: ServerConnection): FrameContext | undefined {
    const inventory = this.#inventories.get(connection);
    const { recordings } = this.#options;
    const later = (work: () => Promise<unknown>) => this.#turns.run(connection.serverId, work);
    return inventory && { hub: this.#hub, connection, inventory, recordings, later };
  }

  closed(connection: ServerConnection): void {
    const { server } = connection;
    this.#inventories.get(connection)?.[Symbol.dispose]();
    this.#inventories.delete(connection);
    if (this.#current.get(server.id) === connection) this.#current.delete(server.id);
    if (!this.#hub.connections.release(connection)) return;
    for (const session of this.#hub.sessions.ofServer(server.id)) session.feed.unlinked();
    this.#turns.run(server.id, async () => {
      await this.#recordLink(server, "server.disconnected");
      const active = this.#hub.sessions.ofServer(server.id).filter(({ status }) => status === "active");
      await sessionsMissing(this.#hub, active, "disconnected");
    });
  }

  #reconcile(connection: ServerConnection, inventory: Inventory): void {
    this.#turns.run(connection.serverId, async () => {
      const lost = this.#hub.sessions.ofServer(connection.serverId).filter((session) => inventory.lacks(session));
      await sessionsMissing(this.#hub, lost, "lost");
    });
  }

  async #recordLink(server: ServerCaller, type: "server.connected" | "server.disconnected"): Promise<void> {
    await transaction(this.#hub.database.pool, (tx) =>
      record(tx, {
        type,
        project_id: server.projectId,
        server_id: server.id,
        actor: { type: "server", id: server.id, name: server.name },
        details: { name: server.name },
      }),
    );
    this.#hub.events.wake();
  }
}
