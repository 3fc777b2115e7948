import { CLOSE_CODES, type HubFrame } from "@orchestratia/protocol/server-link";
import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";

const PING_MS = 30_000;
/** A dead link is noticed at the second ping at the latest; what a machine under load adds to that. */
const PING_MARGIN_MS = 10_000;
/** Where nobody knows when the old link last said something, as after a restart of the hub. */
const UNKNOWN_MS = 120_000;

/** One signed-in daemon's socket. */
export interface DaemonLink {
  readonly serverId: string;
  /** Of the key that opened it, where one did. */
  readonly keyHash?: string;
  /** When its daemon last said anything, as `performance.now()` counts. */
  readonly heardAt: number;
  /** Which protocol its daemon speaks. */
  readonly version: 1 | 2;
  /** False when the frame could not be sent. */
  send(frame: HubFrame): boolean;
  /** The same for terminal bytes, which only version 2 takes. */
  sendBytes(frame: TerminalFrame): boolean;
  /** Resolves when the bytes have left this process; false when they could not. */
  sendBytesFlushed(frame: TerminalFrame): Promise<boolean>;
  /** Resolves when the frame has left this process; false when it could not. */
  sendFlushed(frame: HubFrame): Promise<boolean>;
  /** Reads nothing more of the daemon until then. */
  holdUntil(then: Promise<unknown>): void;
  close(code: number, reason: string): void;
  /** Asks for a sign of life, or ends the link when the last question went unanswered. */
  ping(): void;
}

export type ConnectionListener = (serverId: string, connected: boolean) => void;

/** Which servers are connected: one socket each, the newest wins. */
export class ServerConnections implements Disposable {
  readonly #links = new Map<string, DaemonLink>();
  readonly #listeners = new Set<ConnectionListener>();
  readonly #pings: NodeJS.Timeout;
  readonly #pingMs: number;
  /** By server: when the link before the present one last said anything. */
  readonly #heardAt = new Map<string, number>();

  constructor(pingMs = PING_MS) {
    this.#pingMs = pingMs;
    this.#pings = setInterval(() => {
      for (const link of this.#links.values()) link.ping();
    }, pingMs).unref();
  }

  isConnected(serverId: string): boolean {
    return this.#links.has(serverId);
  }

  /** Which protocol the server's daemon speaks; undefined when it is not connected. */
  versionOf(serverId: string): 1 | 2 | undefined {
    return this.#links.get(serverId)?.version;
  }

  connected(): string[] {
    return [...this.#links.keys()];
  }

  /**
   * Since when what was sent by the server's link before this one may not have arrived, as `performance.now()` counts:
   * twice the ping interval and 10 s (70 s in all) before that link's last sign of life, 2 minutes ago where it is not known.
   */
  doubtfulSince(serverId: string): number {
    const heardAt = this.#heardAt.get(serverId);
    return heardAt === undefined ? performance.now() - UNKNOWN_MS : heardAt - 2 * this.#pingMs - PING_MARGIN_MS;
  }

  /** False when the server is not connected or the frame does not fit through its link. */
  send(serverId: string, frame: HubFrame): boolean {
    return this.#links.get(serverId)?.send(frame) ?? false;
  }

  /** The same for terminal bytes: only a version 2 daemon takes them. */
  sendBytes(serverId: string, frame: TerminalFrame): boolean {
    return this.#links.get(serverId)?.sendBytes(frame) ?? false;
  }

  /** The same as `sendBytes`; resolves when they have left the hub. */
  async sendBytesFlushed(serverId: string, frame: TerminalFrame): Promise<boolean> {
    return (await this.#links.get(serverId)?.sendBytesFlushed(frame)) ?? false;
  }

  /** Resolves when the frame has left the hub, so that whoever sends much can keep pace with the daemon. */
  async sendFlushed(serverId: string, frame: HubFrame): Promise<boolean> {
    return (await this.#links.get(serverId)?.sendFlushed(frame)) ?? false;
  }

  /** Nothing more is read of the server until then: a moment's time for whoever writes what it says to a disk. */
  holdUntil(serverId: string, then: Promise<unknown>): void {
    this.#links.get(serverId)?.holdUntil(then);
  }

  /**
   * Told at every sign-in, also when a newer socket takes an older one's place, and when the last socket is gone.
   * Returns how to stop listening.
   */
  onChange(listener: ConnectionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The link becomes the server's; an older one is closed. */
  adopt(link: DaemonLink): void {
    const older = this.#links.get(link.serverId);
    this.#links.set(link.serverId, link);
    if (older) this.#heardAt.set(link.serverId, older.heardAt);
    older?.close(CLOSE_CODES.superseded, "a newer connection of this server took over");
    this.#tell(link.serverId, true);
  }

  /** False, and nothing happens, when a newer link took over meanwhile. */
  release(link: DaemonLink): boolean {
    if (this.#links.get(link.serverId) !== link) return false;
    this.#links.delete(link.serverId);
    this.#heardAt.set(link.serverId, link.heardAt);
    this.#tell(link.serverId, false);
    return true;
  }

  /** Ends a server's link, as when its key was taken away. */
  disconnect(serverId: string, code: number, reason: string): void {
    this.#links.get(serverId)?.close(code, reason);
  }

  /** Ends the server's link when one of these keys opened it. */
  disconnectKeys(serverId: string, hashes: readonly string[], code: number, reason: string): void {
    const link = this.#links.get(serverId);
    if (link?.keyHash !== undefined && hashes.includes(link.keyHash)) link.close(code, reason);
  }

  /** Which key opened which server's link. */
  openKeys(): { serverId: string; keyHash: string }[] {
    return [...this.#links.values()].flatMap(({ serverId, keyHash }) =>
      keyHash === undefined ? [] : [{ serverId, keyHash }],
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#pings);
    for (const link of this.#links.values()) link.close(CLOSE_CODES.goingAway, "the hub is stopping");
  }

  #tell(serverId: string, connected: boolean): void {
    for (const listener of this.#listeners) listener(serverId, connected);
  }
}
