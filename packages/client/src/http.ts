import type { BodyOf, Operation, ParamsOf, QueryOf, ResponseOf } from "@orchestratia/protocol/operation";
import { type ProblemCode, problemCode } from "@orchestratia/protocol/problems";
import type { z } from "zod";

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

interface Answer {
  ok: boolean;
  status: number;
  text: string;
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
    const given = (input ?? {}) as {
      params?: ParamsOf<O>;
      query?: QueryOf<O>;
      body?: BodyOf<O>;
      headers?: Record<string, string>;
      signal?: AbortSignal;
    };
    const url = this.#options.baseUrl + fillPath(operation.path, given.params) + queryString(given.query);
    const retries = isRepeatable(operation) ? (this.#options.retries ?? 0) : 0;
    const init: RequestInit = {
      method: operation.method,
      headers: {
        accept: "application/json",
        ...(retries > 0 && operation.method === "POST" ? { "idempotency-key": randomKey() } : {}),
        ...(given.body === undefined ? {} : { "content-type": "application/json" }),
        ...this.#options.headers?.(),
        ...given.headers,
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      signal: given.signal ?? AbortSignal.timeout(this.#options.timeoutMs ?? 60_000),
    };
    const { ok, status, text } = await this.#sendAgain(url, init, retries);
    const document = parseJson(text);
    if (!ok) throw new RefusedError(status, asRecord(document));
    if (document === undefined) throw new UnreachableError(`The answer of ${url} is not JSON.`);
    return document as ResponseOf<O>;
  }

  async #sendAgain(url: string, init: RequestInit, retries: number): Promise<Answer> {
    for (let left = retries; ; left -= 1) {
      try {
        return await this.#send(url, init);
      } catch (error) {
        if (left <= 0 || init.signal?.aborted) throw error;
      }
      await pause(RETRY_PAUSE_MS * 2 ** (retries - left), init.signal);
    }
  }

  async #send(url: string, init: RequestInit): Promise<Answer> {
    try {
      const response = await (this.#options.fetch ?? fetch)(url, init);
      return { ok: response.ok, status: response.status, text: await response.text() };
    } catch (error) {
      throw new UnreachableError(`The hub at ${this.#options.baseUrl || "this address"} does not answer.`, {
        cause: error,
      });
    }
  }
}

const RETRY_PAUSE_MS = 200;

/** A PATCH or DELETE done twice may be refused the second time, and the caller would not know why. */
const isRepeatable = ({ method, door }: Operation): boolean =>
  method === "GET" || (method === "POST" && (door === "people" || door === "agents"));

/** `crypto.randomUUID` is missing in pages that came over plain http. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

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
