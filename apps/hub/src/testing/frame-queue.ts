const PATIENCE_MS = 15_000;

interface Waiter<F> {
  matches: (frame: F) => boolean;
  found: (frame: F) => void;
  failed: (error: Error) => void;
}

/** Frames as they came, each handed out once to whoever waits for such a one. */
export class FrameQueue<F extends { type: string }> {
  readonly all: F[] = [];
  readonly ended: Promise<{ code: number; reason: string }>;
  readonly #unread: F[] = [];
  readonly #waiters = new Set<Waiter<F>>();
  #end: (how: { code: number; reason: string }) => void = () => {};

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  add(frame: F): void {
    this.all.push(frame);
    const waiter = [...this.#waiters].find(({ matches }) => matches(frame));
    if (waiter) waiter.found(frame);
    else this.#unread.push(frame);
  }

  end(how: { code: number; reason: string }): void {
    this.#end(how);
    for (const { failed } of this.#waiters) failed(new Error(`the connection was closed: ${how.code} ${how.reason}`));
  }

  /** `what` says in a failure what was waited for. */
  next(matches: (frame: F) => boolean, what: string): Promise<F> {
    const at = this.#unread.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.#unread.splice(at, 1)[0] as F);
    return new Promise((resolve, reject) => {
      const came = () => {
        const last = this.all.slice(-20).map(({ type }) => type);
        return last.length === 0 ? "nothing" : `${this.all.length} others, at last ${last.join(", ")}`;
      };
      const timer = setTimeout(() => waiter.failed(new Error(`no ${what} came, but ${came()}`)), PATIENCE_MS);
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<F> = {
        matches,
        found: (frame) => {
          settle();
          resolve(frame);
        },
        failed: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }
}
