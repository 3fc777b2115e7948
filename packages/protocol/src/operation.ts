import type { z } from "zod";
import type { ProblemCode } from "./problems.ts";

/**
 * Who may knock, and with what: `public` nobody in particular, `people` a cookie or Bearer token, `daemons` a server's
 * key, `agents` a session's token or (v1) its server's key.
 */
export type Door = "public" | "people" | "daemons" | "agents";

/**
 * The least that lets somebody in. At the people's door: anybody `signed_in`, only a `person` and not the machine's own
 * token, or only a person with a `sign_in` of their own and no token at all; else a role in the project that the path (or the
 * operation itself) names (`viewer` looks, `member` works, `owner` administers it), or a global `admin`; who has a higher one
 * has this one too. At the agents' door any session, or only one with the role of an
 * `orchestrator`; a server's key, which cannot say which session asks, may what an orchestrator may.
 */
export type Access =
  | "anyone"
  | "signed_in"
  | "person"
  | "sign_in"
  | "viewer"
  | "member"
  | "owner"
  | "admin"
  | "server"
  | "worker"
  | "orchestrator";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One HTTP operation: the routes, the client, the OpenAPI document and the tests are all made from it. */
export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly id: string;
  readonly door: Door;
  readonly access: Access;
  readonly tag: string;
  readonly method: Method;
  /** With `:name` for what `params` holds. */
  readonly path: string;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly response: Response;
  /** The status of a success; never 204, since existing clients parse every body. 302 where it `redirects`. */
  readonly status: 200 | 201 | 302;
  /** What can go wrong beyond the problems every operation shares. */
  readonly problems: readonly ProblemCode[];
  /** The key of the one project that it is about, where the path names none: whoever asks needs the role in that. */
  readonly project?: string;
  /** Largest body in bytes. */
  readonly bodyLimit?: number;
  /** True where a body is better kept with its text mended (NUL, half a character, depth) than refused. */
  readonly mendsText?: true;
  /** True when the answer holds a key or link that is shown once: it is never kept, not even to be repeated. */
  readonly answersSecret?: true;
  /** What the answer is, where it is not JSON: it is streamed as long as both sides like. */
  readonly streams?: "text/event-stream" | "application/x-asciicast";
  /**
   * What each line is for whoever accepts `application/x-ndjson`: then the answer comes line by line while the work is
   * done. The whole answer is such a line too: a repeated request is answered with it.
   */
  readonly lines?: z.ZodType;
  /** True for what browsers are sent to: every answer, refusals too, sends them on to another address. */
  readonly redirects?: true;
}

type Given<
  P extends z.ZodType | undefined,
  Q extends z.ZodType | undefined,
  B extends z.ZodType | undefined,
  R extends z.ZodType,
  J extends string | undefined,
  L extends z.ZodType | undefined,
> = {
  id: string;
  door: Door;
  access: Access;
  tag: string;
  method: Method;
  path: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  response: R;
  status?: 200 | 201;
  problems?: readonly ProblemCode[];
  project?: J;
  bodyLimit?: number;
  mendsText?: true;
  answersSecret?: true;
  streams?: "text/event-stream" | "application/x-asciicast";
  lines?: L;
  redirects?: true;
};

/** Says in the type that the operation names its project. */
type InProject<J> = J extends string ? { readonly project: J } : unknown;
/** Says in the type what its lines are. */
type WithLines<L> = L extends z.ZodType ? { readonly lines: L } : unknown;
type OrNothing<T extends z.ZodType | undefined> = T extends z.ZodType ? T : z.ZodUndefined;

/** Declares an operation; what is left out is declared as taking nothing. */
export function operation<
  R extends z.ZodType,
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  J extends string | undefined = undefined,
  L extends z.ZodType | undefined = undefined,
>(
  given: Given<P, Q, B, R, J, L>,
): Operation<OrNothing<P>, OrNothing<Q>, OrNothing<B>, R> & InProject<J> & WithLines<L> {
  return {
    status: given.redirects ? 302 : 200,
    problems: [],
    ...given,
  } as unknown as Operation<OrNothing<P>, OrNothing<Q>, OrNothing<B>, R> & InProject<J> & WithLines<L>;
}

export type ParamsOf<O> = O extends Operation<infer P, z.ZodType, z.ZodType, z.ZodType> ? z.output<P> : never;
export type QueryOf<O> = O extends Operation<z.ZodType, infer Q, z.ZodType, z.ZodType> ? z.output<Q> : never;
export type BodyOf<O> = O extends Operation<z.ZodType, z.ZodType, infer B, z.ZodType> ? z.output<B> : never;
export type ResponseOf<O> = O extends Operation<z.ZodType, z.ZodType, z.ZodType, infer R> ? z.output<R> : never;
/** What a line of an answer that comes line by line is. */
export type LineOf<O> = O extends { lines: infer L extends z.ZodType } ? z.output<L> : never;
