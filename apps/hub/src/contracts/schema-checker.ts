import { Worker } from "node:worker_threads";
import type { SchemaAnswer, SchemaQuestion } from "./schema-worker.js";

export interface SchemaCheckerOptions {
  /** How long one schema and one value may take together. */
  deadlineMs: number;
}

interface Waiting {
  question: SchemaQuestion;
  deadlineMs: number;
  resolve: (errors: string[]) => void;
}

const WORKER = new URL("./schema-worker.js", import.meta.url);

/** What missed the deadline is asked once more with this many times as long: a busy machine is not a bad schema. */
const SECOND_TRY = 5;

/**
 * Runs untrusted JSON Schemas in a worker thread, one question at a time. A question that takes longer than the deadline
 * (a pattern that never ends, say) costs the worker its life and is answered with an error; the next gets a new worker.
 */
export class SchemaChecker {
  readonly #deadlineMs: number;
  readonly #queue: Waiting[] = [];
  #worker: Promise<Worker> | undefined;
  #current: Waiting | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor({ deadlineMs }: SchemaCheckerOptions = { deadlineMs: 200 }) {
    this.#deadlineMs = deadlineMs;
  }

  /** What is wrong with `value` under `schema`, in words; empty when nothing is. */
  check(schema: unknown, value: unknown): Promise<string[]> {
    return this.#ask({ id: ++this.#lastId, schema, value });
  }

  /** What is wrong with the schema itself. */
  checkSchema(schema: unknown): Promise<string[]> {
    return this.#ask({ id: ++this.#lastId, schema });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#deadline);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) await (await worker).terminate();
  }

  #ask(question: SchemaQuestion): Promise<string[]> {
    return new Promise((resolve) => {
      this.#queue.push({ question, deadlineMs: this.#deadlineMs, resolve });
      void this.#next();
    });
  }

  async #next(): Promise<void> {
    if (this.#current) return;
    const current = this.#queue.shift();
    if (!current) return;
    this.#current = current;
    this.#worker ??= this.#start();
    const worker = await this.#worker;
    // It may have crashed at its start, which was this question's answer.
    if (this.#current !== current) return;
    // The clock starts with the question, not with the worker: starting it is our cost, not the schema's.
    this.#deadline = setTimeout(() => this.#overdue(worker), current.deadlineMs);
    worker.postMessage(current.question);
  }

  #start(): Promise<Worker> {
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: 128 } });
    worker.unref();
    worker.on("error", () => this.#crashed(worker));
    return new Promise((resolve) => {
      worker.on("message", (answer: SchemaAnswer) => {
        if (answer.id === 0) resolve(worker);
        else if (answer.id === this.#current?.question.id) this.#answer(answer.errors);
      });
      worker.once("error", () => resolve(worker));
    });
  }

  #overdue(worker: Worker): void {
    this.#worker = undefined;
    void worker.terminate();
    const current = this.#current;
    if (current?.deadlineMs === this.#deadlineMs) {
      this.#current = undefined;
      this.#queue.push({ ...current, deadlineMs: this.#deadlineMs * SECOND_TRY });
      void this.#next();
    } else {
      this.#answer([`checking the schema took longer than ${this.#deadlineMs} ms, twice`]);
    }
  }

  #crashed(worker: Worker): void {
    this.#worker = undefined;
    void worker.terminate();
    this.#answer(["checking the schema took more memory than it may"]);
  }

  #answer(errors: string[]): void {
    clearTimeout(this.#deadline);
    const current = this.#current;
    this.#current = undefined;
    current?.resolve(errors);
    void this.#next();
  }
}
