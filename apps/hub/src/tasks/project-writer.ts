/** Work that may share a transaction with its like. Each entry is answered for itself. */
export interface Fold<Entry> {
  /** At most this many entries at once. */
  most: number;
  /** Entries with one key never run together. */
  key(entry: Entry): string;
  /** Runs the entries in one transaction; answers for each what became of it. Throws when the whole could not be done. */
  run(entries: Entry[]): Promise<Outcome[]>;
}

export type Outcome = { done: true } | { done: false; error: unknown };

type Item<Entry> =
  | { kind: "fold"; entry: Entry; resolve: () => void; reject: (error: unknown) => void }
  | { kind: "alone"; work: () => Promise<void> };

type FoldItem<Entry> = Extract<Item<Entry>, { kind: "fold" }>;

/**
 * One project's settling moves, in order. While one transaction is on its way to the disk, the completions that arrive
 * gather, and the next transaction takes them all; other moves pass alone. It saves flushes and deadlocks; what keeps
 * the moves right are the locks and the guards of the statements.
 *
 * idle → (an item comes) → running → (queue empty) → idle
 */
export class ProjectWriter<Entry> {
  readonly #fold: Fold<Entry>;
  readonly #queue: Item<Entry>[] = [];
  #running: Promise<void> | undefined;

  constructor(fold: Fold<Entry>) {
    this.#fold = fold;
  }

  /** Runs the entry with whatever else waits. */
  fold(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => this.#add({ kind: "fold", entry, resolve, reject }));
  }

  /** Runs `work` when its turn comes, with nothing beside it. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => this.#add({ kind: "alone", work: () => work().then(resolve, reject) }));
  }

  /** When nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #add(item: Item<Entry>): void {
    this.#queue.push(item);
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // An item may have come after the queue was found empty.
      if (this.#queue.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      if (batch.length > 0) await this.#runBatch(batch);
      const next = this.#queue[0];
      if (next?.kind === "alone") {
        this.#queue.shift();
        await next.work();
      }
    }
  }

  #takeBatch(): FoldItem<Entry>[] {
    const batch: FoldItem<Entry>[] = [];
    const keys = new Set<string>();
    while (batch.length < this.#fold.most) {
      const next = this.#queue[0];
      if (next?.kind !== "fold" || keys.has(this.#fold.key(next.entry))) break;
      keys.add(this.#fold.key(next.entry));
      batch.push(next);
      this.#queue.shift();
    }
    return batch;
  }

  /** One bad entry must not harm its neighbours: when the batch fails as a whole, each runs for itself. */
  async #runBatch(batch: FoldItem<Entry>[]): Promise<void> {
    try {
      const outcomes = await this.#fold.run(batch.map((item) => item.entry));
      batch.forEach((item, at) => {
        answer(item, outcomes[at]);
      });
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      for (const item of batch) await this.#runBatch([item]);
    }
  }
}

function answer<Entry>(item: FoldItem<Entry>, outcome: Outcome | undefined): void {
  if (outcome?.done) item.resolve();
  else item.reject(outcome?.error ?? new Error("the batch gave no answer for an entry"));
}

/** The writers of all projects, made as they are needed. */
export class ProjectWriters<Entry> {
  readonly #fold: Fold<Entry>;
  readonly #writers = new Map<string, ProjectWriter<Entry>>();

  constructor(fold: Fold<Entry>) {
    this.#fold = fold;
  }

  of(projectId: string): ProjectWriter<Entry> {
    let writer = this.#writers.get(projectId);
    if (!writer) {
      writer = new ProjectWriter(this.#fold);
      this.#writers.set(projectId, writer);
    }
    return writer;
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.settled()));
  }
}
