import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { folderFiles, sessionFolder } from "../terminals/session-folder.ts";
import { startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { testHome } from "../testing/test-home.ts";
import { waitFor } from "../testing/wait.ts";

type FakeHub = Awaited<ReturnType<typeof startFakeHub>>;

const demo = {
  name: "demo",
  command: `while printf 'demo> '; read -r line; do echo "got: $line"; sleep 1.5; done`,
  prompt: "demo> $",
};

/** Edits its line itself, as agents do; a deaf one hears only the third Enter. Its prompt looks like one whatever stands there. */
const editor = `
let line = "", enters = process.argv[1] === "deaf" ? -2 : 1;
const draw = () => process.stdout.write("\\r\\x1b[Kdemo> " + line);
process.stdin.setRawMode(true);
process.stdin.on("data", (bytes) => {
  for (const key of bytes.toString()) {
    if (key === "\\r" && enters++ > 0) process.stdout.write("\\ngot: " + line + "\\n"), (line = "");
    else if (key === "\\x15") line = "";
    else if (key !== "\\r") line += key;
  }
  draw();
});
draw();`;
const agentOf = (name: "raw" | "deaf") => ({
  name,
  command: `exec '${process.execPath}' -e '${editor}' ${name}`,
  prompt: "^demo> ",
});

async function startDemo(hub: FakeHub, agent = "demo"): Promise<string> {
  const { command: _, ...start } = { ...sessionStart(""), agent };
  hub.start(start);
  await waitFor(() => statusOf(hub, start.session_id) === "idle");
  return start.session_id;
}

const statusOf = (hub: FakeHub, id: string) => hub.of("session_status", id).at(-1)?.agent_status;
const answersOf = (hub: FakeHub, id: string) =>
  hub.of("delivery").flatMap(({ delivery_id, state }) => (delivery_id === id ? [state] : []));
const got = (hub: FakeHub, id: string) =>
  hub
    .output(id)
    .toString()
    .split("\r\n")
    .filter((line) => line.startsWith("got: "));

const assigned = (session_id: string, delivery_id: string) => ({
  type: "task_assigned" as const,
  session_id,
  delivery_id,
  task_id: "t",
  title: "x",
  version: 1,
  priority: "normal",
  require_plan: false,
});
const note = (session_id: string, delivery_id: string, content: string, urgent = false) => ({
  type: "task_note" as const,
  session_id,
  delivery_id,
  task_id: "t",
  content,
  urgent,
  author: "Ann",
});
const checkLine = 'got: A task is waiting for you: run "orchestratia task check" and follow it.';

test("work is typed as one line when the agent is at its prompt, and waits while it is not; repeats are answered", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, { agents: [demo] });
  await hub.linked();
  const id = await startDemo(hub);
  hub.send(assigned(id, "one"));
  await waitFor(() => answersOf(hub, "one").includes("delivered"));
  hub.send(note(id, "two", "mind\nthe \x1b[31m gap\r"));
  await waitFor(() => answersOf(hub, "two").includes("deferred"));
  hub.send(note(id, "two", "mind\nthe \x1b[31m gap\r"));
  hub.send(assigned(id, "one"));
  await waitFor(() => got(hub, id).length === 2);
  await waitFor(() => answersOf(hub, "two").includes("delivered"));
  hub.send(note(id, "two", "mind\nthe \x1b[31m gap\r"));
  await waitFor(() => answersOf(hub, "two").length === 4);
  expect(answersOf(hub, "one")).toEqual(["delivered", "delivered"]);
  expect(answersOf(hub, "two")).toEqual(["deferred", "deferred", "delivered", "delivered"]);
  expect(got(hub, id)).toEqual([checkLine, "got: Note from Ann: mind the [31m gap"]);
  expect(hub.mistakes).toEqual([]);
});

test("a note is typed when the terminal has been silent for five seconds, and says so while it waits; work is not held up", {
  timeout: 60_000,
}, async () => {
  const ticks = 8;
  const ticking = `(for n in $(seq ${ticks}); do sleep 0.7; printf '\\rtick %s\\r\\ndemo> ' $n; done) & ${demo.command}`;
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, { agents: [{ ...demo, command: ticking }] });
  await hub.linked();
  const id = await startDemo(hub);
  hub.send(note(id, "two", "mind the gap"));
  const waits = await waitFor(() => hub.of("delivery")[0]);
  expect(waits).toMatchObject({ state: "deferred", reason: "the terminal is not silent" });
  hub.send(assigned(id, "one"));
  await waitFor(() => got(hub, id).length === 1);
  await waitFor(() => hub.output(id).toString().includes(`tick ${ticks}`));
  const lastTick = performance.now();
  await waitFor(() => answersOf(hub, "two").includes("delivered"));
  // The tick was printed a moment before it was seen here.
  expect(performance.now() - lastTick).toBeGreaterThan(4700);
  expect(got(hub, id)).toEqual([checkLine, "got: Note from Ann: mind the gap"]);
});

test("nothing is typed behind what a person has begun", { timeout: 60_000 }, async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, { agents: [agentOf("raw")] });
  await hub.linked();
  const id = await startDemo(hub, "raw");
  hub.type(id, "half");
  await waitFor(() => hub.output(id).toString().endsWith("half"));
  const typedAt = performance.now();
  hub.send(assigned(id, "one"));
  await waitFor(() => answersOf(hub, "one").includes("deferred"));
  expect(hub.of("delivery")[0]).toMatchObject({ reason: "somebody is typing" });
  await waitFor(() => performance.now() - typedAt > 6000);
  expect(answersOf(hub, "one")).toEqual(["deferred"]);
  hub.type(id, " a line\r");
  await waitFor(() => answersOf(hub, "one").includes("delivered"));
  expect(got(hub, id)).toEqual(["got: half a line", checkLine]);
});

test("what was not taken does not stand before the next message", { timeout: 60_000 }, async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, { agents: [agentOf("deaf")] });
  await hub.linked();
  const id = await startDemo(hub, "deaf");
  hub.send(assigned(id, "one"));
  await waitFor(() => answersOf(hub, "one").includes("failed"));
  hub.send({ type: "task_updated", session_id: id, delivery_id: "two", task_id: "t", title: "x", spec: "y" });
  await waitFor(() => answersOf(hub, "two").includes("delivered"));
  await waitFor(() => got(hub, id).length === 1);
  expect(got(hub, id)).toEqual([
    'got: Your task was changed: run "orchestratia task check" and follow what it says now.',
  ]);
});

test("somebody else's words are never typed into a shell", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  // A home of its own: what the user's start-up files do is not what is tested here.
  const env = { PS1: "$ ", ENV: "", HOME: daemon.stateDir };
  const { command: _, ...start } = { ...sessionStart(""), agent: "shell", env };
  const id = start.session_id;
  hub.start(start);
  await waitFor(() => statusOf(hub, id) === "idle");
  hub.send(note(id, "eve", "$(touch pwned)", true));
  hub.type(id, "echo then; sleep 2\r");
  await waitFor(() => hub.of("session_status", id).some(({ agent_status }) => agent_status === "working"));
  await waitFor(() => statusOf(hub, id) === "idle");
  expect(answersOf(hub, "eve")).toEqual(["failed"]);
  expect(hub.output(id).toString()).not.toContain("pwned");
});

test("what cannot be delivered is said: no such session, an unknown message, a session that ends meanwhile", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, { agents: [demo] });
  await hub.linked();
  const id = await startDemo(hub);
  hub.send(assigned("nobody", "lost"));
  hub.type(id, "x\r");
  await waitFor(() => statusOf(hub, id) === "working");
  hub.send(assigned(id, "late"));
  await waitFor(() => answersOf(hub, "late").includes("deferred"));
  hub.send({ type: "session_close", session_id: id });
  await waitFor(() => answersOf(hub, "late").includes("failed"));
  expect(hub.of("delivery").filter(({ state }) => state === "failed")).toMatchObject([
    { delivery_id: "lost", session_id: "nobody", reason: "there is no such session here any more" },
    { delivery_id: "late", session_id: id, reason: "the session has ended" },
  ]);
});

test("a message that was entered is not typed again after kill -9 of the daemon; one that waited is", {
  timeout: 60_000,
}, async () => {
  await using hub = await startFakeHub();
  await using home = testHome();
  expect(await home.run("--register", hub.token()).code).toBe(0);
  const document = parseDocument(readFileSync(home.configPath, "utf8"));
  document.set("agents", [demo]);
  writeFileSync(home.configPath, document.toString());
  const first = home.run();
  await hub.linked();
  const id = await startDemo(hub);
  const remembered = join(sessionFolder(join(home.home, "agent"), id), folderFiles.deliveries);
  hub.send(assigned(id, "one"));
  await waitFor(() => answersOf(hub, "one").includes("delivered"));
  hub.send(note(id, "two", "later"));
  await waitFor(() => answersOf(hub, "two").includes("deferred"));
  first.child.kill("SIGKILL");
  await first.code;
  expect(readFileSync(remembered, "utf8")).toContain('"one"');

  hub.forget();
  home.run();
  await hub.linked();
  hub.send(assigned(id, "one"));
  hub.send(note(id, "two", "later"));
  await waitFor(() => answersOf(hub, "two").includes("delivered"));
  expect(answersOf(hub, "one")).toEqual(["delivered"]);
  await waitFor(() => got(hub, id).length === 2);
  expect(got(hub, id)).toEqual([checkLine, "got: Note from Ann: later"]);
});
