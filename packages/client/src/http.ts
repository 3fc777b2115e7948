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
    const { ok, status, text } = await this.#send(url, {
      method: operation.method,
      headers: {
        accept: "application/json",
        ...(given.body === undefined ? {} : { "content-type": "application/json" }),
        ...this.#options.headers?.(),
        ...given.headers,
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      signal: given.signal ?? AbortSignal.timeout(this.#options.timeoutMs ?? 60_000),
    });
    const document = parseJson(text);
    if (!ok) throw new RefusedError(status, asRecord(document));
    if (document === undefined) throw new UnreachableError(`The answer of ${url} is not JSON.`);
    return document as ResponseOf<O>;
  }

  async #send(url: string, init: RequestInit): Promise<{ ok: boolean; status: number; text: string }> {
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

function fillPath(path: string, params: unknown): string {
  const values = asRecord(params);
  return path.replaceAll(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

function queryString(query: unknown): string {
  const given = Object.entries(asRecord(query)).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
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
