import type { FastifyInstance } from "fastify";

/** Answers what is not ready; an empty object means that everything is. */
export interface Readiness {
  check(): Promise<Record<string, string>>;
}

/** `/healthz`: the process answers. `/readyz`: it can also work, and whatever sits before it may send it requests. */
export function healthRoutes(app: FastifyInstance, readiness: Readiness): void {
  app.get("/healthz", { schema: { hide: true } }, async (_request, reply) => {
    void reply.header("cache-control", "no-store");
    return { status: "ok" };
  });
  app.get("/readyz", { schema: { hide: true } }, async (_request, reply) => {
    const failing = await readiness.check();
    const ready = Object.keys(failing).length === 0;
    void reply.header("cache-control", "no-store").code(ready ? 200 : 503);
    return ready ? { status: "ready" } : { status: "not ready", failing };
  });
}
