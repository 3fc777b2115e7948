import { Problem } from "@orchestratia/protocol/problems";

interface Waiting<Answer> {
  serverId: string;
  settle(answer: Answer): void;
  refuse(why: unknown): void;
}

export interface Asking {
  serverId: string;
  /** What the answer will name. */
  key: string;
  /** Milliseconds until nobody waits any more. */
  withinMs: number;
  /** False when the question could not be sent. */
  send: () => boolean;
  /** Whoever asked waits no longer. */
  signal?: AbortSignal;
}

/** Questions to daemons whose answers come as frames, with no promise that they come. */
export class PendingAnswers<Answer> {
  readonly #waiting = new Set<Waiting<Answer> & { key: string }>();

  /** How many a server has been asked that it has not answered yet. */
  ofServer(serverId: string): number {
    return [...this.#waiting].filter((waiting) => waiting.serverId === serverId).length;
  }

  /**
   * Throws server_unreachable when the daemon cannot be asked or goes away, daemon_silent when it is late, and what `signal`
   * aborts with.
   */
  ask({ serverId, key, withinMs, send, signal }: Asking): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        this.#waiting.delete(waiting);
      };
      const waiting = {
        serverId,
        key,
        settle: (answer: Answer) => {
          end();
          resolve(answer);
        },
        refuse: (why: unknown) => {
          end();
          reject(why);
        },
      };
      const aborted = () => waiting.refuse(signal?.reason);
      const late = `The server's daemon did not answer within ${Math.round(withinMs / 1_000)} s.`;
      const timer = setTimeout(() => waiting.refuse(new Problem("daemon_silent", late)), withinMs);
      this.#waiting.add(waiting);
      signal?.addEventListener("abort", aborted, { once: true });
      if (signal?.aborted) aborted();
      else if (!send()) waiting.refuse(new Problem("server_unreachable"));
    });
  }

  /** From any other server than the one that was asked it counts for nothing. */
  answer(serverId: string, key: string, answer: Answer): void {
    for (const waiting of this.#waiting) {
      if (waiting.serverId === serverId && waiting.key === key) waiting.settle(answer);
    }
  }

  serverGone(serverId: string): void {
    const gone = new Problem("server_unreachable", "The server's daemon went away before it answered.");
    for (const waiting of this.#waiting) if (waiting.serverId === serverId) waiting.refuse(gone);
  }

  /** The hub stops: nobody waits any longer. */
  [Symbol.dispose](): void {
    const stopped = new Problem("server_unreachable", "The hub is stopping.");
    for (const waiting of this.#waiting) waiting.refuse(stopped);
  }
}
