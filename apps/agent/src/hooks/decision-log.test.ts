import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { HubClient } from "@orchestratia/client/http";
import { pino } from "pino";
import { expect, test } from "vitest";
import { waitFor } from "../testing/wait.ts";
import { DecisionLog } from "./decision-log.ts";

const aFull = 32 * 1024 * 1024;

/** A hub that takes entries when the test lets it, and a log beside it. */
async function open() {
  const folder = mkdtempSync(join(tmpdir(), "orc-decisions-"));
  const path = join(folder, "s.decisions.jsonl");
  const taken: string[] = [];
  let [isHolding, held] = [true, 0];
  const server = createServer(async (request, response) => {
    const { entries } = (await json(request)) as { entries: { tool_name: string }[] };
    held += 1;
    await waitFor(() => !isHolding);
    taken.push(...entries.map(({ tool_name }) => tool_name));
    response.writeHead(201, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = new DecisionLog(path, new HubClient({ baseUrl }), pino({ enabled: false }));
  return {
    taken,
    held: () => held,
    letThrough() {
      isHolding = false;
    },
    files: () => readdirSync(folder),
    add: (tool_name: string) => log.add({ tool_name, tool_input: null, decision: "allowed" }),
    /** As much as a file may hold, of what is no decision. */
    fill: () => appendFileSync(path, `${"x".repeat(aFull)}\n`),
    async [Symbol.asyncDispose]() {
      isHolding = false;
      await log.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

test("a file that is full while an earlier one is sent is sent behind it", async () => {
  await using there = await open();
  there.add("first");
  await waitFor(() => there.held() === 1);
  there.fill();
  there.add("second");
  there.add("third");
  there.letThrough();
  await waitFor(() => there.taken.length === 3);
  expect(there.taken).toEqual(["first", "second", "third"]);
  await waitFor(() => there.files().length === 0);
});

test("what the hub does not take makes room, oldest first", async () => {
  await using there = await open();
  there.add("first");
  await waitFor(() => there.held() === 1);
  for (const name of ["second", "third", "fourth"]) {
    there.fill();
    there.add(name);
    expect(there.files().length).toBeLessThanOrEqual(2);
  }
  there.letThrough();
  await waitFor(() => there.files().length === 0);
  expect(there.taken).toEqual(["first", "third", "fourth"]);
});
