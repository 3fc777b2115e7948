import { once } from "node:events";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { sampleAnswers, sampleTask } from "./testing/samples.ts";
import { spawnCli, startCli } from "./testing/spawn-cli.ts";

const hub = await startProtocolHub();
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => {
  Object.assign(hub.answers, sampleAnswers());
});

const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: "orcs_secret" };
/** More than any pipe holds. */
const large = "ä".repeat(600_000);

test("a process prints the answer and exits with 0", async () => {
  const ran = await spawnCli(["task", "view", "DEMO-3", "--json"], { env });
  expect(ran).toEqual({ code: 0, stdout: `${JSON.stringify(sampleTask(), null, 2)}\n`, stderr: "" });
});

test("each kind of failure has its exit code", async () => {
  const [refused, wrong] = await Promise.all([
    spawnCli(["task", "view", "DEMO-3"]),
    spawnCli(["task", "view"], { env }),
  ]);
  expect([refused.code, refused.stdout]).toEqual([3, ""]);
  expect(refused.stderr).toMatch(/^Error: No hub is known/);
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
});

test("a large result comes whole through standard input, and a large answer through a pipe", async () => {
  hub.answers.agentCompleteTask = sampleTask({ result: { summary: large } });
  const line = ["task", "complete", "DEMO-3", "--result", "-", "--json"];
  const { code, stdout } = await spawnCli(line, { env, stdin: JSON.stringify({ summary: large }) });
  const sent = hub.received.at(-1)?.body as { result: { summary: string } };
  // Compared before they are shown: a difference would fill the screen.
  expect([code, sent.result.summary === large, JSON.parse(stdout).result.summary === large]).toEqual([0, true, true]);
});

test("a reader that has seen enough is no failure", async () => {
  hub.answers.agentViewTask = sampleTask({ spec: large });
  const child = startCli(["task", "view", "DEMO-3"], { env });
  let complaints = "";
  child.stderr.on("data", (text) => {
    complaints += text;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = await once(child, "close");
  expect([code, complaints]).toEqual([0, ""]);
});
