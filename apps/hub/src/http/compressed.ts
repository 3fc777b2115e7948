import { pipeline, type Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

const WORTH_IT = /^(text\/(?!event-stream)|application\/(javascript|json|manifest\+json|xml)|image\/svg\+xml)/;

/** Sends a body that came from elsewhere, compressed where that pays; what streams in streams on. */
export function sendCompressed(request: FastifyRequest, reply: FastifyReply, body: Readable): FastifyReply {
  const type = String(reply.getHeader("content-type") ?? "");
  if (!WORTH_IT.test(type) || reply.hasHeader("content-encoding")) return reply.send(body);
  const vary = reply.getHeader("vary");
  reply.header("vary", vary === undefined ? "accept-encoding" : `${vary}, accept-encoding`);
  if (request.method === "HEAD" || !/\bgzip\b/.test(String(request.headers["accept-encoding"] ?? "")))
    return reply.send(body);
  reply.header("content-encoding", "gzip").removeHeader("content-length");
  // Each piece is flushed: a page that is rendered bit by bit must not wait for its end.
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  pipeline(body, gzip, (error) => {
    if (error) request.log.debug({ err: error }, "a page broke off");
  });
  return reply.send(gzip);
}
