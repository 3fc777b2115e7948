import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { nodeFetch } from "./node-fetch.ts";

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/p?q=1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("method, headers and body arrive, and the answer comes back whole", async () => {
  await using hub = await serve((request, response) => {
    let body = "";
    const { method, url, headers } = request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      response.writeHead(418).end(JSON.stringify([method, url, headers["x-a"], headers["content-length"], body]));
    });
  });
  const response = await nodeFetch(hub.url, { method: "PUT", headers: { "x-a": "1" }, body: "ä" });
  expect([response.ok, response.status]).toEqual([false, 418]);
  expect(JSON.parse(await response.text())).toEqual(["PUT", "/p?q=1", "1", "2", "ä"]);
});

test("a character that is split between two chunks survives", async () => {
  // Three bytes each: no size of chunk ends between two of them every time.
  const long = "€".repeat(300_000);
  await using hub = await serve((_, response) => response.end(long));
  const response = await nodeFetch(hub.url, {});
  expect((await response.text()) === long).toBe(true);
});

test("a call is given up when its signal says so, also while the answer comes", async () => {
  await using hub = await serve((_, response) => {
    response.write("{");
  });
  const response = await nodeFetch(hub.url, { signal: AbortSignal.timeout(200) });
  await expect(response.text()).rejects.toThrow(/abort/i);
});

test("an answer that breaks off is an error", async () => {
  await using hub = await serve((_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("{", () => response.destroy());
  });
  await expect(nodeFetch(hub.url, {}).then((response) => response.text())).rejects.toThrow();
});
