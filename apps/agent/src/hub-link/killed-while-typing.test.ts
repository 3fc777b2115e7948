import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HolderClient } from "@orchestratia/holder-link/holder-client";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { folderFiles, sessionFolder } from "../terminals/session-folder.ts";
import { startFakeHub } from "../testing/fake-hub.ts";
import type { KillPoint } from "../testing/killed-at.ts";
import { sessionStart } from "../testing/test-daemon.ts";
import { testHome } from "../testing/test-home.ts";
import { waitFor } from "../testing/wait.ts";

const demo = {
  name: "demo",
  command: `while printf 'demo> '; read -r line; do echo "got: $line"; done`,
  prompt: "demo> $",
};
/** A busy machine takes its time to start a daemon. */
const startMs = 60_000;
const checkLine = 'got: A task is waiting for you: run "orchestratia task check" and follow it.';

/** A daemon that was killed at `point` of typing a message, and the next one, to which the hub sends it again. */
async function killedWhileTyping(point: KillPoint, { clears }: { clears: boolean }) {
  const hub = await startFakeHub();
  const home = testHome();
  const stateDir = join(home.home, "agent");
  expect(await home.run("--register", hub.token()).code).toBe(0);
  const document = parseDocument(readFileSync(home.configPath, "utf8"));
  document.set("agents", [demo]);
  writeFileSync(home.configPath, document.toString());
  const first = home.runUntilKilled(point);
  await waitFor(() => hub.log.includes("inventory"), startMs);
  const { command: _, ...start } = { ...sessionStart(""), agent: "demo" };
  const id = start.session_id;
  hub.start(start);
  await waitFor(() => hub.of("session_status", id).at(-1)?.agent_status === "idle");
  const message = {
    type: "task_assigned" as const,
    session_id: id,
    delivery_id: "one",
    task_id: "t",
    title: "x",
    version: 1,
    priority: "normal",
    require_plan: false,
  };
  hub.send(message);
  await first.code;
  expect(hub.of("delivery")).toEqual([]);
  const left = readFileSync(join(sessionFolder(stateDir, id), folderFiles.deliveries), "utf8");
  const path = join(sessionFolder(stateDir, id), "holder.sock");
  const holder = await HolderClient.connect(path, { onFacts() {}, onExit() {}, onLost() {} });
  const screen = async () => (await holder.lines("screen")).join("\n");
  if (point !== "before-enter" || !clears) await waitFor(async () => (await screen()).includes("task check"));
  if (clears) {
    holder.input(Buffer.from("\x15"));
    await waitFor(async () => !(await screen()).includes("task check"));
  }
  holder.disconnect();
  hub.forget();
  home.run();
  await waitFor(() => hub.log.includes("inventory"), startMs);
  hub.send(message);
  const answer = await waitFor(() => hub.of("delivery").find(({ state }) => state !== "deferred"), startMs);
  // What the agent prints for another line comes behind everything that it printed for this one.
  hub.type(id, "then\r");
  const printed = await waitFor(() => {
    const text = hub.output(id).toString();
    return text.includes("got: then") && text;
  });
  return {
    answer,
    left,
    got: printed.split("\r\n").filter((line) => line.startsWith("got: ")),
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

const cases: [point: KillPoint, clears: boolean, left: string, what: string][] = [
  ["behind-text", false, "typing", "what stands at the prompt is entered"],
  ["behind-text", true, "typing", "what somebody removed before Enter is typed again"],
  ["before-enter", false, "entering", "what stands at the prompt is entered"],
  ["behind-enter", false, "entering", "what the agent took is not typed again"],
];

test.each(cases)(
  "killed %s, line cleared: %s: `%s` is on disk; %s",
  { timeout: 180_000 },
  async (point, clears, left) => {
    await using after = await killedWhileTyping(point, { clears });
    expect(after.left).toContain(`"state":"${left}"`);
    expect(after.answer.state).toBe("delivered");
    expect(after.got).toEqual([checkLine, "got: then"]);
  },
);

test("what may have been entered, and is neither at the prompt nor printed, has failed with a reason", {
  timeout: 180_000,
}, async () => {
  await using after = await killedWhileTyping("before-enter", { clears: true });
  expect(after.answer).toMatchObject({
    state: "failed",
    reason: "the daemon was stopped while it was typed, and nothing shows whether the agent took it",
  });
  expect(after.got).toEqual(["got: then"]);
});
