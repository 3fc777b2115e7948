import type { BodyOf, LineOf, Operation, ParamsOf, QueryOf, ResponseOf } from "@orchestratia/protocol/operation";
import { type ProblemCode, problemCode } from "@orchestratia/protocol/problems";
import type { z } from "zod";
import { linesOf } from "./lines-of.ts";
import { randomKey } from "./random-key.ts";

/** The hub said no. `detail` is a plain sentence. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  readonly code: ProblemCode | undefined;
  readonly detail: string;
  readonly document: Readonly<Record<string, unknown>>;

  constructor(status: number, document: Record<string, unknown>) {
    const detail = typeof document.detail === "string" ? document.detail : `The hub answered ${status}.`;
    super(detail);
    this.status = status;
    this.code = problemCode(document);
    this.detail = detail;
    this.document = document;
  }
}

/** No answer came, or none that can be read. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

export interface HubClientOptions {
  /** Such as `https://hub.example`; empty for the page's own origin. */
  baseUrl: string;
  /** Headers that sign every request, read at each call. */
  headers?: () => Record<string, string>;
  fetch?: typeof fetch;
  /** Milliseconds until a call is given up. */
  timeoutMs?: number;
  /**
   * How often a call is sent again when no answer came. A POST then brings an Idempotency-Key, so that the hub carries it
   * out once however often it arrives; the public and the daemons' door know none, and their POSTs are sent once.
   */
  retries?: number;
}

type Input<S extends z.ZodType> = z.input<S>;

/** What a call takes: only what its operation declares. */
export type CallInput<O> =
  O extends Operation<infer P, infer Q, infer B, z.ZodType>
    ? (P extends z.ZodUndefined ? { params?: undefined } : { params: Input<P> }) &
        (Q extends z.ZodUndefined ? { query?: undefined } : { query?: Input<Q> }) &
        (B extends z.ZodUndefined ? { body?: undefined } : { body: Input<B> }) & {
          headers?: Record<string, string>;
          signal?: AbortSignal;
        }
    : never;

/** Calls the hub's operations; what comes back is of the operation's response type. */
export class HubClient {
  readonly #options: HubClientOptions;

  constructor(options: HubClientOptions) {
    this.#options = options;
  }

  /** Throws RefusedError with the hub's problem, or UnreachableError. */
  async call<O extends Operation>(
    operation: O,
    ...[input]: Record<string, never> extends CallInput<O> ? [CallInput<O>?] : [CallInput<O>]
  ): Promise<ResponseOf<O>> {
    const retries = isRepeatable(operation) ? (this.#options.retries ?? 0) : 0;
    const { url, init } = this.#request(operation, input, { accept: "application/json", retries });
    const { ok, status, text } = await this.#sendAgain(init, retries, async () => {
      const response = await this.#fetch(url, init);
      return { ok: response.ok, status: response.status, text: await response.text() };
    });
    const document = parseJson(text);
    if (!ok) throw new RefusedError(status, asRecord(document));
    if (document === undefined) throw new UnreachableError(`The answer of ${url} is not JSON.`);
    return document as ResponseOf<O>;
  }

  /**
   * The answer of an operation line by line, as it comes; of a hub that knows no lines the whole answer is the only one.
   * Whoever stops reading gives the request up, and so does a connection that breaks: it is sent once, since the hub ends
   * what nobody reads. Throws as `call` does, also behind lines that came already.
   */
  async *lines<O extends Operation & { readonly lines: z.ZodType }>(
    operation: O,
    input: CallInput<O>,
  ): AsyncGenerator<LineOf<O>, void, undefined> {
    const accept = "application/x-ndjson, application/json;q=0.5";
    const { url, init } = this.#request(operation, input, { accept, retries: 0 });
    const leaving = new AbortController();
    init.signal = AbortSignal.any([leaving.signal, ...(init.signal ? [init.signal] : [])]);
    try {
      const response = await this.#fetch(url, init);
      if (!response.ok) throw new RefusedError(response.status, asRecord(parseJson(await response.text())));
      for await (const line of linesOf(response.body as unknown as AsyncIterable<Uint8Array>)) {
        const document = asRecord(parseJson(line));
        const problem = document.problem === undefined ? undefined : asRecord(document.problem);
        if (problem) throw new RefusedError(Number(problem.status), problem);
        yield document as LineOf<O>;
      }
    } catch (error) {
      throw error instanceof RefusedError || error instanceof UnreachableError ? error : this.#noAnswer(error);
    } finally {
      leaving.abort();
    }
  }

  #request<O extends Operation>(
    operation: O,
    input: unknown,
    { accept, retries }: { accept: string; retries: number },
  ) {
    const given = (input ?? {}) as {
      params?: ParamsOf<O>;
      query?: QueryOf<O>;
      body?: BodyOf<O>;
      headers?: Record<string, string>;
      signal?: AbortSignal;
    };
    const url = this.#options.baseUrl + fillPath(operation.path, given.params) + queryString(given.query);
    const init: RequestInit = {
      method: operation.method,
      headers: {
        accept,
        ...(retries > 0 && operation.method === "POST" ? { "idempotency-key": randomKey() } : {}),
        ...(given.body === undefined ? {} : { "content-type": "application/json" }),
        ...this.#options.headers?.(),
        ...given.headers,
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      signal: given.signal ?? AbortSignal.timeout(this.#options.timeoutMs ?? 60_000),
    };
    return { url, init };
  }

  async #sendAgain<T>({ signal }: RequestInit, retries: number, send: () => Promise<T>): Promise<T> {
    for (let left = retries; ; left -= 1) {
      try {
        return await send();
      } catch (error) {
        if (left <= 0 || signal?.aborted) throw this.#noAnswer(error);
      }
      await pause(RETRY_PAUSE_MS * 2 ** (retries - left), signal);
    }
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    return (this.#options.fetch ?? fetch)(url, init);
  }

  #noAnswer(cause: unknown): UnreachableError {
    return new UnreachableError(`The hub at ${this.#options.baseUrl || "this address"} does not answer.`, { cause });
  }
}

const RETRY_PAUSE_MS = 200;

/** A PATCH or DELETE done twice may be refused the second time, and the caller would not know why. */
const isRepeatable = ({ method, door }: Operation): boolean =>
  method === "GET" || (method === "POST" && (door === "people" || door === "agents"));

/** Ends early when the call is given up. */
function pause(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}

function fillPath(path: string, params: unknown): string {
  const values = asRecord(params);
  return path.replaceAll(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

function queryString(query: unknown): string {
  const given = Object.entries(asRecord(query)).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return "";
  const pairs = given.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  return `?${new URLSearchParams(pairs)}`;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
