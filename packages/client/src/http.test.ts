import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { operation } from "@orchestratia/protocol/operation";
import { Problem } from "@orchestratia/protocol/problems";
import { expect, test } from "vitest";
import { z } from "zod";
import { HubClient, RefusedError, UnreachableError } from "./http.ts";

const echo = operation({
  id: "echo",
  door: "people",
  access: "signed_in",
  tag: "test",
  method: "POST",
  path: "/api/v1/things/:thing/parts/:part",
  summary: "Says what it got",
  params: z.object({ thing: z.string(), part: z.string() }),
  query: z.object({ limit: z.number().optional(), after: z.string().nullish() }),
  body: z.object({ text: z.string() }),
  response: z.object({ got: z.string() }),
});
const list = operation({
  id: "list",
  door: "people",
  access: "signed_in",
  tag: "test",
  method: "GET",
  path: "/api/v1/things",
  summary: "Lists",
  response: z.array(z.string()),
});
const input = { params: { thing: "a", part: "b" }, body: { text: "t" } };

interface Seen {
  line: string;
  headers: IncomingHttpHeaders;
  body: string;
}

async function serve(answer: (seen: Seen, response: ServerResponse) => void) {
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () =>
      answer({ line: `${request.method} ${request.url}`, headers: request.headers, body }, response),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const json = (response: ServerResponse, status: number, document: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));

test("a call fills the path, drops what was not given, and sends the body as JSON", async () => {
  let seen: Seen | undefined;
  await using hub = await serve((request, response) => {
    seen = request;
    json(response, 201, { got: "it" });
  });
  const client = new HubClient({ baseUrl: hub.url });
  const answer = await client.call(echo, {
    params: { thing: "a/b ü", part: "?" },
    query: { limit: 0, after: undefined },
    body: { text: "ä" },
  });
  expect(answer).toEqual({ got: "it" });
  expect(seen).toMatchObject({
    line: "POST /api/v1/things/a%2Fb%20%C3%BC/parts/%3F?limit=0",
    body: '{"text":"ä"}',
    headers: { "content-type": "application/json", accept: "application/json" },
  });
});

test("a call without a body says no content type", async () => {
  let seen: Seen | undefined;
  await using hub = await serve((request, response) => {
    seen = request;
    json(response, 200, ["one"]);
  });
  expect(await new HubClient({ baseUrl: hub.url }).call(list)).toEqual(["one"]);
  expect([seen?.line, seen?.headers["content-type"], seen?.body]).toEqual(["GET /api/v1/things", undefined, ""]);
});

test("the signing headers are read at each call, and a call's own win", async () => {
  const keys: unknown[] = [];
  await using hub = await serve(({ headers }, response) => {
    keys.push(headers["x-api-key"]);
    json(response, 200, []);
  });
  let key = "one";
  const client = new HubClient({ baseUrl: hub.url, headers: () => ({ "x-api-key": key }) });
  await client.call(list);
  key = "two";
  await client.call(list);
  await client.call(list, { headers: { "x-api-key": "own" } });
  expect(keys).toEqual(["one", "two", "own"]);
});

test("a refusal carries the problem whole", async () => {
  const document = new Problem("task_wrong_status", "DEMO-3 is done.", { current: "done" }).toDocument("/x");
  await using hub = await serve((_, response) => json(response, 409, document));
  const error = await new HubClient({ baseUrl: hub.url }).call(echo, input).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({
    status: 409,
    code: "task_wrong_status",
    detail: "DEMO-3 is done.",
    message: "DEMO-3 is done.",
    document,
  });
});

test.each([
  ["a proxy's page", "<h1>Bad Gateway</h1>"],
  ["nothing", ""],
  ["an array", "[1]"],
  ["somebody else's error", '{"message": "no"}'],
])("a refusal with %s is still one, told by its status", async (_, text) => {
  await using hub = await serve((_seen, response) => response.writeHead(502).end(text));
  const error = await new HubClient({ baseUrl: hub.url }).call(list).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({ status: 502, code: undefined, detail: "The hub answered 502." });
});

test("a success that is not JSON did not come from a hub", async () => {
  await using hub = await serve((_, response) => response.end("<h1>Welcome</h1>"));
  await expect(new HubClient({ baseUrl: hub.url }).call(list)).rejects.toThrow(UnreachableError);
});

test("no hub, a slow hub and one that breaks off are all out of reach", async () => {
  await expect(new HubClient({ baseUrl: "http://127.0.0.1:1" }).call(list)).rejects.toThrow(UnreachableError);
  await using silent = await serve(() => {});
  await expect(new HubClient({ baseUrl: silent.url, timeoutMs: 50 }).call(list)).rejects.toThrow(UnreachableError);
  await using broken = await serve((_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("[", () => response.destroy());
  });
  await expect(new HubClient({ baseUrl: broken.url }).call(list)).rejects.toThrow(UnreachableError);
});

test("the caller can give a call up", async () => {
  await using hub = await serve(() => abort.abort());
  const abort = new AbortController();
  await expect(new HubClient({ baseUrl: hub.url }).call(list, { signal: abort.signal })).rejects.toThrow(
    UnreachableError,
  );
});

/** Breaks off the first connections and answers the ones behind them. */
async function serveAfter(broken: number) {
  const seen: Seen[] = [];
  const server = await serve((request, response) => {
    seen.push(request);
    if (seen.length <= broken) response.destroy();
    else json(response, 200, request.line.startsWith("GET") ? [] : { got: "it" });
  });
  return { ...server, seen };
}

test("a POST without an answer is sent again with the same key, each call with its own", async () => {
  await using server = await serveAfter(2);
  const client = new HubClient({ baseUrl: server.url, retries: 2 });
  expect(await client.call(echo, input)).toEqual({ got: "it" });
  await client.call(echo, input);
  const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys.slice(0, 3)).toEqual([keys[0], keys[0], keys[0]]);
  expect(keys[3]).not.toBe(keys[0]);
});

test("nothing is sent again where the hub would do it twice, or where nobody asked for it", async () => {
  const attempts = async (client: { retries?: number }, called: typeof echo) => {
    await using server = await serveAfter(10);
    const refused = new HubClient({ baseUrl: server.url, ...client }).call(called, input);
    await expect(refused).rejects.toBeInstanceOf(UnreachableError);
    return server.seen.map(({ headers }) => headers["idempotency-key"]);
  };
  expect(await attempts({}, echo)).toEqual([undefined]);
  expect(await attempts({ retries: 2 }, { ...echo, method: "PATCH" })).toEqual([undefined]);
  expect(await attempts({ retries: 2 }, { ...echo, door: "public" })).toEqual([undefined]);
  expect(await attempts({ retries: 1 }, echo)).toHaveLength(2);
});

test("a read is sent again without a key, and a refusal is an answer", async () => {
  await using server = await serveAfter(1);
  expect(await new HubClient({ baseUrl: server.url, retries: 1 }).call(list)).toEqual([]);
  expect(server.seen.map(({ headers }) => headers["idempotency-key"])).toEqual([undefined, undefined]);
  let asked = 0;
  await using refusing = await serve((_, response) => {
    asked += 1;
    json(response, 503, new Problem("database_unavailable").toDocument());
  });
  const refused = new HubClient({ baseUrl: refusing.url, retries: 3 }).call(echo, input);
  await expect(refused).rejects.toMatchObject({ code: "database_unavailable" });
  expect(asked).toBe(1);
});

test("a call that is given up is not sent again", async () => {
  await using server = await serveAfter(10);
  const abort = new AbortController();
  const call = new HubClient({ baseUrl: server.url, retries: 5 }).call(list, { signal: abort.signal });
  setImmediate(() => abort.abort());
  await expect(call).rejects.toBeInstanceOf(UnreachableError);
  expect(server.seen.length).toBeLessThan(6);
});

const follow = operation({
  id: "follow",
  door: "people",
  access: "signed_in",
  tag: "test",
  method: "POST",
  path: "/api/v1/things",
  summary: "Says it bit by bit",
  body: z.object({ text: z.string() }),
  response: z.object({ said: z.string() }),
  lines: z.object({ said: z.string() }),
});

const ndjson = { "content-type": "application/x-ndjson" };
const text = { body: { text: "t" } };

test("a line is read before the next one is there, and whoever stops reading gives the request up", async () => {
  let open: ServerResponse | undefined;
  let seen: Seen | undefined;
  await using hub = await serve((request, response) => {
    seen = request;
    open = response.writeHead(200, ndjson);
    response.write('{"said":"a"}\n');
  });
  const lines = new HubClient({ baseUrl: hub.url }).lines(follow, text);
  expect(await lines.next()).toEqual({ done: false, value: { said: "a" } });
  expect(seen?.headers.accept).toContain("application/x-ndjson");
  open?.write('{"said":"b"}\n');
  expect(await lines.next()).toEqual({ done: false, value: { said: "b" } });
  const closed = new Promise((resolve) => open?.once("close", resolve));
  await lines.return();
  await closed;
});

test("a refusal is thrown, before the first line as behind it, and so is an answer that breaks off", async () => {
  const problem = new Problem("server_unreachable", "box is not connected.").toDocument("/x");
  const ends: ((response: ServerResponse) => void)[] = [
    (response) => json(response, 409, problem),
    (response) => response.writeHead(200, ndjson).end(`{"said":"a"}\n${JSON.stringify({ problem })}\n`),
    (response) => {
      response.writeHead(200, { ...ndjson, "content-length": 100 });
      response.write('{"said":"a"}\n', () => response.destroy());
    },
  ];
  await using hub = await serve((_, response) => ends.shift()?.(response));
  const read = async () => {
    const said: string[] = [];
    const lines = new HubClient({ baseUrl: hub.url }).lines(follow, text);
    const error = await (async () => {
      for await (const line of lines) said.push(line.said);
    })().catch((thrown: unknown) => thrown);
    return { said, error };
  };
  const refused = expect.objectContaining({ status: 409, code: "server_unreachable", detail: "box is not connected." });
  expect(await read()).toEqual({ said: [], error: refused });
  expect(await read()).toEqual({ said: ["a"], error: refused });
  expect(await read()).toEqual({ said: ["a"], error: expect.any(UnreachableError) });
});

test("what is read line by line is sent once, without a key, and a connection that breaks is told as such", async () => {
  const read = async (broken: number) => {
    await using server = await serveAfter(broken);
    const lines = new HubClient({ baseUrl: server.url, retries: 2 }).lines(follow, text);
    const got = await lines.next().catch((error: unknown) => error);
    return { got, keys: server.seen.map(({ headers }) => headers["idempotency-key"]) };
  };
  expect(await read(0)).toEqual({ got: { done: false, value: { got: "it" } }, keys: [undefined] });
  expect(await read(1)).toEqual({ got: expect.any(UnreachableError), keys: [undefined] });
});

test("of a hub that knows no lines the whole answer is the only one", async () => {
  await using hub = await serve((_, response) => json(response, 200, { said: "everything" }));
  const lines = [];
  for await (const line of new HubClient({ baseUrl: hub.url }).lines(follow, text)) lines.push(line);
  expect(lines).toEqual([{ said: "everything" }]);
});
