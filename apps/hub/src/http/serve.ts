import type { BodyOf, Door, Operation, ParamsOf, QueryOf } from "@orchestratia/protocol/operation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Caller } from "../access/caller.ts";
import type { Identity } from "../access/find-identity.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who was let in; null at the public door and on what is not an operation. */
    identity: Identity | null;
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

export interface Admitted<O extends Operation> extends Knocked<O> {
  caller: Caller;
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
  route(app, operation, (request, reply) => {
    const { identity } = request;
    if (!identity) throw new Error(`nobody was let in to ${operation.id}`);
    return handle({ ...knocked<O>(request, reply), caller: identity.caller });
  });
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

const knocked = <O extends Operation>(request: FastifyRequest, reply: FastifyReply): Knocked<O> => ({
  params: request.params as ParamsOf<O>,
  query: request.query as QueryOf<O>,
  body: request.body as BodyOf<O>,
  request,
  reply,
});

function route(
  app: FastifyInstance,
  operation: Operation,
  handle: (request: FastifyRequest, reply: FastifyReply) => unknown,
): void {
  const { params, query, body, response, status, bodyLimit } = operation;
  app.route({
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
    handler: async (request, reply) => {
      reply.code(status);
      return handle(request, reply);
    },
  });
}

/** The door of the operation that a request asks for; undefined for what is none. */
export const doorOf = (request: FastifyRequest): Door | undefined => request.routeOptions.config.operation?.door;
