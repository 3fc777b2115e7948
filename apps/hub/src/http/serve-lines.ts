import type { OutgoingHttpHeaders } from "node:http";
import type { Operation } from "@orchestratia/protocol/operation";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { isSurelyUndone } from "../db/surely-undone.ts";
import { noteProblem } from "./problem-details.ts";
import { type Admitted, admittedOf, routeOf } from "./serve.ts";

const TYPE = "application/x-ndjson";
/** A reader who takes nothing for so long is let go. */
const STUCK_MS = 60_000;
const LEFT =
  "Whoever sent this request first went away before its answer, so what it had begun was given up and may be half done. Look what was done, and if you need it again, send it with a new key.";

/** Where an answer goes that comes line by line. */
interface Lines<Line> {
  /** Resolves when the reader keeps pace, or is gone. With the first one the head is sent. */
  write(line: Line): Promise<void>;
  /** Nobody waits for the reader any longer. */
  letGo(): void;
  /** Aborts when the reader is gone. */
  readonly signal: AbortSignal;
  /** The request came with an Idempotency-Key: whoever repeats it gets the whole. */
  readonly isWholeKept: boolean;
}

/**
 * Registers the route of an operation that is answered at once or, to whoever accepts `application/x-ndjson`, line by
 * line. `handle` answers the whole in either case, but for lines of which the whole is not kept: then its answer is read
 * by nobody. What it throws before the first line is refused as usual, later it is the last line's `problem`.
 */
export function serveLines<O extends Operation & { readonly lines: z.ZodType }>(
  app: FastifyInstance,
  operation: O,
  handle: (admitted: Admitted<O>, lines: Lines<z.input<O["lines"]>> | undefined) => Promise<z.input<O["response"]>>,
): void {
  app.route({
    ...routeOf(operation),
    handler: async (request, reply) => {
      reply.code(operation.status);
      const admitted = admittedOf<O>(request, reply);
      if (!acceptsLines(request)) return handle(admitted, undefined);
      const lines = new LineAnswer(reply, request.claimed !== null);
      try {
        const whole = await handle(admitted, lines);
        await request.claimed?.answered(operation.status, JSON.stringify(operation.response.parse(whole)));
      } catch (error) {
        if (!lines.isOpen && !lines.signal.aborted) throw error;
        await lines.failed(request, error as Error);
      }
      lines.end();
      return reply;
    },
  });
}

const acceptsLines = ({ headers: { accept = "" } }: FastifyRequest): boolean =>
  accept.split(",").some((one) => one.split(";", 1)[0]?.trim().toLowerCase() === TYPE);

class LineAnswer implements Lines<unknown> {
  readonly #reply: FastifyReply;
  readonly #gone = new AbortController();
  readonly isWholeKept: boolean;
  isOpen = false;

  constructor(reply: FastifyReply, isWholeKept: boolean) {
    this.#reply = reply;
    this.isWholeKept = isWholeKept;
    const { raw } = reply;
    if (raw.destroyed) this.#gone.abort();
    raw.once("close", () => this.#gone.abort());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  async write(line: unknown): Promise<void> {
    if (this.signal.aborted) return;
    this.#open();
    if (!this.#reply.raw.write(`${JSON.stringify(line)}\n`)) await this.#drained();
  }

  letGo(): void {
    this.#reply.raw.destroy();
  }

  /** It went wrong after the beginning, or nobody is there any more to be told. */
  async failed(request: FastifyRequest, error: Error): Promise<void> {
    const { claimed } = request;
    const isUndone = isSurelyUndone(error);
    const isReaderGone = error === this.signal.reason;
    if (isReaderGone && isUndone) return claimed?.undone();
    if (claimed) claimed.isUndone = isUndone;
    const problem = isReaderGone ? new Problem("request_in_progress", LEFT) : noteProblem(error, request);
    const document = problem.toDocument(request.url.split("?", 1)[0]);
    await claimed?.answered(problem.status, JSON.stringify(document));
    if (!this.signal.aborted) this.#reply.raw.write(`${JSON.stringify({ problem: document })}\n`);
  }

  end(): void {
    if (!this.isOpen) this.#reply.hijack();
    // It would wait for a reader who takes nothing.
    if (this.#reply.raw.writableNeedDrain) setTimeout(() => this.letGo(), STUCK_MS).unref();
    this.#reply.raw.end();
  }

  #open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#reply.hijack();
    // What proxies would keep back until it is enough is passed on at once.
    const headers = { ...this.#reply.getHeaders(), "content-type": TYPE, "x-accel-buffering": "no" };
    this.#reply.raw.writeHead(this.#reply.statusCode, headers as OutgoingHttpHeaders);
  }

  #drained(): Promise<void> {
    const { raw } = this.#reply;
    return new Promise((resolve) => {
      const stuck = setTimeout(() => this.letGo(), STUCK_MS);
      const done = () => {
        clearTimeout(stuck);
        raw.off("drain", done);
        raw.off("close", done);
        resolve();
      };
      raw.once("drain", done);
      raw.once("close", done);
    });
  }
}
