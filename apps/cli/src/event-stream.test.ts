import { afterAll, beforeEach, expect, test } from "vitest";
import { EXIT } from "./exit-codes.ts";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { runInProcess } from "./testing/run-in-process.ts";
import { sampleFact } from "./testing/samples.ts";

const hub = await startProtocolHub();
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => {
  hub.resumedAt.length = 0;
  hub.breaks.streams = 0;
});

const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_TOKEN: "orct_secret", ORCHESTRATIA_PROJECT: "DEMO" };
const nowhere = { ...env, ORCHESTRATIA_HUB_URL: "http://127.0.0.1:1" };

/** Follows until so many facts have been printed. */
function follow(facts: number, ...more: string[]) {
  let left = facts;
  const onOutput = () => {
    left -= 1;
    if (left === 0) process.emit("SIGINT");
  };
  return runInProcess(["events", "--follow", ...more], { env, onOutput });
}

test("where the stream stands is no fact: the first line is the first fact", async () => {
  const spoken = await follow(1);
  expect(spoken).toEqual({ code: 0, stdout: expect.stringMatching(/^ {2}03:04:05 42 task.completed/), stderr: "" });
  const { stdout } = await follow(1, "--json");
  expect(stdout).toBe(`${JSON.stringify(sampleFact)}\n`);
});

test("a hub that does not answer ends it as it ends every command", async () => {
  const followed = await runInProcess(["events", "--follow"], { env: nowhere });
  expect(followed).toEqual(await runInProcess(["events"], { env: nowhere }));
  expect(followed).toMatchObject({ code: EXIT.unreachable, stderr: expect.stringContaining("does not answer") });
  const json = await runInProcess(["events", "--follow", "--json"], { env: nowhere });
  expect(JSON.parse(json.stdout)).toMatchObject({ code: "unreachable" });
});

test("a link that breaks later is opened again where it broke, which is said once beside the facts", async () => {
  hub.breaks.streams = 1;
  const { code, stdout, stderr } = await follow(2, "--json");
  expect(code).toBe(EXIT.ok);
  expect(stdout).toBe(`${JSON.stringify(sampleFact)}\n`.repeat(2));
  expect(stderr).toBe("The link to the hub broke off; it is opened again.\n");
  expect(hub.resumedAt).toEqual([undefined, String(sampleFact.position)]);
});
