import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { BodyOf, Operation, ParamsOf, QueryOf } from "@orchestratia/protocol/operation";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { z } from "zod";
import type { AccessibleProject } from "../access/accessible-project.ts";
import type { Caller } from "../access/caller.ts";
import type { Found } from "../access/identities.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who was let in; null at the public door and on what is not an operation. */
    identity: Found | null;
    /** The one that the path or the operation names, as the caller may use it; null where it names none. */
    project: AccessibleProject | null;
  }
  interface FastifyContextConfig {
    operation?: Operation;
  }
}

/** What the schemas of an operation made of a request. */
export interface Knocked<O extends Operation> {
  params: ParamsOf<O>;
  query: QueryOf<O>;
  body: BodyOf<O>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Whoever an operation let in, with the project that it or its path names. */
export interface Admitted<O extends Operation> extends Knocked<O> {
  caller: Caller;
  project: ParamsOf<O> extends { project: string }
    ? AccessibleProject
    : O extends { project: string }
      ? AccessibleProject
      : null;
}

/** What a handler answers; the operation's schema checks it, fills in defaults and leaves out what it does not know. */
type Answer<O extends Operation> = z.input<O["response"]> | Promise<z.input<O["response"]>>;

/** Registers the route of an operation behind a door. */
export function serve<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handle: (admitted: Admitted<O>) => Answer<O>,
): void {
  if (operation.door === "public") throw new TypeError(`${operation.id} is public: nobody signs in there`);
  route(app, operation, (request, reply) => handle(admittedOf<O>(request, reply)));
}

/** Registers the route of an operation that anybody may call. */
export function servePublic<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handle: (knocked: Knocked<O>) => Answer<O>,
): void {
  if (operation.door !== "public") throw new TypeError(`${operation.id} is not public`);
  route(app, operation, (request, reply) => handle(knocked<O>(request, reply)));
}

/** Registers the route of an operation that sends browsers on; `handle` answers where to. */
export function serveRedirect<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handle: (knocked: Knocked<O>) => Promise<string>,
): void {
  if (!operation.redirects) throw new TypeError(`${operation.id} sends nobody anywhere`);
  route(app, operation, async (request, reply) =>
    reply.redirect(await handle(knocked<O>(request, reply)), operation.status),
  );
}

/** What a stream is opened with. */
export interface Streamed<O extends Operation> extends Admitted<O> {
  /** Sends the head and hands over the response; nothing may be refused after it. */
  open(): ServerResponse;
}

/** Registers the route of an operation whose answer is a stream. */
export function serveStream<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handle: (streamed: Streamed<O>) => Promise<void>,
): void {
  const { params, query, streams: type, status } = operation;
  if (type === undefined) throw new TypeError(`${operation.id} is answered at once`);
  app.route({
    method: operation.method,
    url: operation.path,
    exposeHeadRoute: false,
    config: { operation },
    schema: {
      tags: [operation.tag],
      ...(params && { params }),
      ...(query && { querystring: query }),
      response: { [status]: operation.response },
    },
    handler: async (request, reply) => {
      const open = () => {
        reply.hijack();
        // What proxies would keep back until it is enough is passed on at once.
        const headers = { ...reply.getHeaders(), "content-type": type, "x-accel-buffering": "no" };
        return reply.raw.writeHead(status, headers as OutgoingHttpHeaders);
      };
      await handle({ ...admittedOf<O>(request, reply), open });
      return reply;
    },
  });
}

const knocked = <O extends Operation>(request: FastifyRequest, reply: FastifyReply): Knocked<O> => ({
  params: request.params as ParamsOf<O>,
  query: request.query as QueryOf<O>,
  body: request.body as BodyOf<O>,
  request,
  reply,
});

/** Who was let in, with what the operation's schemas made of the request. */
export function admittedOf<O extends Operation>(request: FastifyRequest, reply: FastifyReply): Admitted<O> {
  const { identity } = request;
  if (!identity) throw new Error(`nobody was let in to ${operationOf(request)?.id}`);
  const project = request.project as Admitted<O>["project"];
  return { ...knocked<O>(request, reply), caller: identity.caller, project };
}

function route(
  app: FastifyInstance,
  operation: Operation,
  handle: (request: FastifyRequest, reply: FastifyReply) => unknown,
): void {
  app.route({
    ...routeOf(operation),
    handler: async (request, reply) => {
      reply.code(operation.status);
      return handle(request, reply);
    },
  });
}

/** An operation as a route that is answered with JSON; only its handler is missing. */
export function routeOf(operation: Operation): Omit<RouteOptions, "handler"> {
  const { params, query, body, response, status, bodyLimit } = operation;
  return {
    method: operation.method,
    url: operation.path,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    config: { operation },
    schema: {
      tags: [operation.tag],
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(body && { body }),
      response: { [status]: response },
    },
  };
}

/** The operation that a request asks for; undefined for what is none. */
export const operationOf = (request: FastifyRequest): Operation | undefined => request.routeOptions.config.operation;
