import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HubClient, RefusedError, UnreachableError } from "@orchestratia/client/http";
import { expect, test } from "vitest";
import { untilTaken } from "./deliver-result.ts";
import { nodeFetch } from "./node-fetch.ts";
import { completeTask } from "./operations.ts";

const soon = { patienceMs: 2000, firstPauseMs: 5 };

/** A hub that answers one request after the other in these ways: it breaks the connection, or says this. */
async function hubThat(...ways: ("breaks" | { status: number; body: object })[]) {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    const way = ways[Math.min(keys.length, ways.length - 1)];
    keys.push(request.headers["idempotency-key"]);
    if (way === "breaks" || way === undefined) return void request.socket.destroy();
    response.writeHead(way.status, { "content-type": "application/json" }).end(JSON.stringify(way.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const hub = new HubClient({ baseUrl: `http://127.0.0.1:${port}`, fetch: nodeFetch, retries: 0 });
  const body = { result: "made" };
  return {
    keys,
    send: () => hub.call(completeTask, { params: { task: "APP-1" }, body }),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

const taken = { status: 200, body: { key: "APP-1", status: "done" } };
const problem = (status: number, code: string) => ({
  status,
  body: { type: `urn:orchestratia:problem:${code}`, status },
});

test("a result reaches a hub that is killed while it verifies, and starts again", async () => {
  await using hub = await hubThat("breaks", "breaks", problem(503, "shutting_down"), taken);
  expect(await untilTaken(hub.send, soon)).toMatchObject({ status: "done" });
  expect(hub.keys).toHaveLength(4);
});

test("what the hub refuses is not sent again", async () => {
  await using hub = await hubThat("breaks", problem(422, "evidence_failed"));
  await expect(untilTaken(hub.send, soon)).rejects.toThrow(RefusedError);
  expect(hub.keys).toHaveLength(2);
});

test("a hub that does not come back is given up", async () => {
  await using hub = await hubThat("breaks");
  await expect(untilTaken(hub.send, { patienceMs: 60, firstPauseMs: 20 })).rejects.toThrow(UnreachableError);
  expect(hub.keys.length).toBeGreaterThan(2);
});
