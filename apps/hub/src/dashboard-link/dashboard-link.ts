import type { ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Forgotten, type Found, isForgotten } from "../access/identities.ts";
import type { Bus } from "../events/bus.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { Audiences } from "./audiences.ts";
import { Viewer } from "./viewer.ts";
import { ViewerConnection, type ViewerDoor } from "./viewer-connection.ts";

const CHECK_MS = 30_000;
const TRY_AGAIN_LATER = 1013;

export interface DashboardLinkOptions {
  bus: Bus;
  /** Who the upgrade's cookie names; throws a Problem for a foreign page. */
  signInUpgrade: (request: FastifyRequest) => Promise<Found | undefined>;
  /** Whose JWT or access token it is. */
  signInToken: (token: string) => Promise<Found | undefined>;
  /** Says when a sign-in or token has ended, or its holder may do other things. */
  onForgotten: (listener: (forgotten: Forgotten) => void) => () => void;
  /** Milliseconds until an unsigned socket is closed, and between checks of the signed ones. */
  authMs?: number;
  checkMs?: number;
}

/** `/ws/dashboard`: people's door to facts and terminals. */
export class DashboardLink implements ViewerDoor, Disposable {
  readonly #hub: SessionHub;
  readonly #options: DashboardLinkOptions;
  readonly #viewers = new Map<ViewerConnection, Viewer>();
  readonly #audiences = new Audiences();
  /** How many connections there have been. */
  #opened = 0;
  readonly #stopListening: (() => void)[];
  readonly #checks: NodeJS.Timeout;

  constructor(hub: SessionHub, options: DashboardLinkOptions) {
    this.#hub = hub;
    this.#options = options;
    this.#stopListening = [
      options.bus.subscribe((activity) => {
        for (const viewer of this.#viewers.values()) viewer.tell(activity);
      }),
      options.onForgotten((forgotten) => this.#askAgain(forgotten)),
      hub.sessions.onChange((session) => this.#audiences.linkChanged(session)),
    ];
    this.#checks = setInterval(() => this.#check(), options.checkMs ?? CHECK_MS).unref();
  }

  /** Adds the route; @fastify/websocket must be registered. */
  routes(app: FastifyInstance): void {
    app.get("/ws/dashboard", { websocket: true }, (socket, request) => {
      this.#opened += 1;
      const edges = {
        number: this.#opened,
        socket,
        stream: request.raw.socket,
        door: this,
        log: request.log,
        visit: request.visit,
      };
      const connection = new ViewerConnection(edges, this.#options.authMs);
      void connection.tryUpgrade(() => this.#options.signInUpgrade(request));
    });
  }

  async signInToken(token: string): Promise<Found | undefined> {
    const identity = await this.#options.signInToken(token);
    const kind = identity?.caller.kind;
    return kind === "user" || kind === "system" ? identity : undefined;
  }

  opened(connection: ViewerConnection): void {
    const position = () => this.#options.bus.position;
    this.#viewers.set(connection, new Viewer({ hub: this.#hub, audiences: this.#audiences, position }, connection));
    const { callerId: id, name } = connection;
    connection.send({ type: "auth_ok", user: { id, name }, position: position(), answers_ping: true });
  }

  received(connection: ViewerConnection, frame: ViewerFrame): void {
    this.#viewers.get(connection)?.receive(frame);
  }

  typed(connection: ViewerConnection, frame: TerminalFrame): void {
    this.#viewers.get(connection)?.type(frame);
  }

  drained(connection: ViewerConnection): void {
    this.#viewers.get(connection)?.catchUp();
  }

  closed(connection: ViewerConnection): void {
    this.#viewers.get(connection)?.end();
    this.#viewers.delete(connection);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#checks);
    for (const stop of this.#stopListening) stop();
    for (const connection of this.#viewers.keys()) connection.close(CLOSE_CODES.goingAway, "the hub is stopping");
  }

  #check(): void {
    for (const [connection, viewer] of this.#viewers) {
      connection.ping();
      void this.#checkRights(connection, viewer);
    }
  }

  /** Whoever was let in by what is forgotten must show at once that they still may, and what. */
  #askAgain(forgotten: Forgotten): void {
    for (const [connection, viewer] of this.#viewers) {
      if (!isForgotten(connection.identity, forgotten)) continue;
      void this.#checkRights(connection, viewer).then((known) => {
        if (!known) connection.close(TRY_AGAIN_LATER, "your rights could not be checked");
      });
    }
  }

  /** False when nobody could say. */
  async #checkRights(connection: ViewerConnection, viewer: Viewer): Promise<boolean> {
    try {
      await connection.checkSignIn();
      await viewer.checkAccess();
      return true;
    } catch (error) {
      this.#hub.log.error({ err: error }, "a viewer's rights could not be checked");
      return false;
    }
  }
}
