import type { DaemonFrame } from "@orchestratia/protocol/server-link";

export type DeliveryAnswer = Extract<DaemonFrame, { type: "delivery" }>;

/** A message that a daemon has been given. */
export interface AwaitedMessage {
  sessionId: string;
  serverId: string;
  /** Writes down that it was typed. */
  told: () => Promise<unknown>;
}

/**
 * Messages that version 2 daemons have and have not typed yet, by delivery id. Their rows stay queued until the daemon
 * says that they were typed, so what is forgotten here (the hub restarted, the link is new) is sent again with the same
 * id, and the daemon, which remembers what it typed, answers for it without typing it twice.
 */
export class Awaited {
  readonly #messages = new Map<string, AwaitedMessage>();

  has(id: string): boolean {
    return this.#messages.has(id);
  }

  add(id: string, message: AwaitedMessage): void {
    this.#messages.set(id, message);
  }

  /** What the daemon could not type stays here, so that it is not sent again before the link is a new one. */
  async answered(serverId: string, { delivery_id, state }: DeliveryAnswer): Promise<void> {
    const message = this.#messages.get(delivery_id);
    if (message?.serverId !== serverId || state !== "delivered") return;
    await message.told();
    this.#messages.delete(delivery_id);
  }

  forgetServer(serverId: string): void {
    this.#forget((message) => message.serverId === serverId);
  }

  /** The session is gone, and with it the daemon's memory of what it was told. */
  forgetSession(sessionId: string): void {
    this.#forget((message) => message.sessionId === sessionId);
  }

  #forget(is: (message: AwaitedMessage) => boolean): void {
    for (const [id, message] of this.#messages) if (is(message)) this.#messages.delete(id);
  }
}
