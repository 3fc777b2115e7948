import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EVIDENCE_OUTPUT_MAX } from "@orchestratia/protocol/workspace";
import { expect, test } from "vitest";
import { type EvidencePiece, runEvidence } from "./evidence.ts";

const env = { PATH: process.env.PATH ?? "/usr/bin:/bin" };

const folder = () => mkdtempSync(join(tmpdir(), "evidence-"));

function stateOf(cwd: string): string | undefined {
  try {
    return readFileSync(`/proc/${readFileSync(join(cwd, "pid"), "utf8").trim()}/stat`, "utf8").split(") ")[1]?.[0];
  } catch {
    return "gone";
  }
}

async function run(
  commands: string[],
  {
    limitMs = 20_000,
    signal = new AbortController().signal,
    cwd = folder(),
    mark = `verify:${randomUUID()}`,
    onPiece = (_piece: EvidencePiece) => {},
  } = {},
) {
  const pieces: EvidencePiece[] = [];
  const results = await runEvidence(commands, {
    cwd,
    env,
    limitMs,
    signal,
    mark,
    onPiece: (piece) => {
      pieces.push(piece);
      onPiece(piece);
    },
  });
  return { cwd, pieces, results, printed: pieces.map(({ content }) => content).join("") };
}

test("commands run in the folder, one after another, with their output in order", async () => {
  const { cwd, results, pieces } = await run(["pwd; echo made > made", "cat made; echo no >&2"]);
  expect(results).toMatchObject([
    { exit_code: 0, signal: null, timed_out: false },
    { command: "cat made; echo no >&2", exit_code: 0 },
  ]);
  expect(pieces[0]).toEqual({ command: 0, stream: "stdout", content: `${cwd}\n` });
  expect(pieces.filter(({ command }) => command === 1)).toEqual(
    expect.arrayContaining([
      { command: 1, stream: "stdout", content: "made\n" },
      { command: 1, stream: "stderr", content: "no\n" },
    ]),
  );
});

test("what follows a failing command does not run", async () => {
  const { cwd, results } = await run(["echo wrong; exit 3", "echo > ran"]);
  expect(results).toMatchObject([{ exit_code: 3, tail: "wrong\n" }]);
  expect(existsSync(join(cwd, "ran"))).toBe(false);
});

test("its environment is the one given and nothing else", async () => {
  process.env.ORCHESTRATIA_SECRET_OF_TEST = "orc_secret";
  const { printed } = await run(["env"]);
  delete process.env.ORCHESTRATIA_SECRET_OF_TEST;
  expect(printed).not.toContain("orc_secret");
});

test("a command that takes too long is ended with everything it started", async () => {
  const { cwd, results } = await run(["sleep 300 & echo $! > pid; wait"], { limitMs: 300 });
  expect(results).toMatchObject([{ exit_code: null, signal: "SIGKILL", timed_out: true }]);
  await expect.poll(() => stateOf(cwd)).toMatch(/gone|Z/);
});

test.runIf(process.platform === "linux")("what left the command's process group is ended too", async () => {
  const escaping =
    "setsid sh -c 'echo $$ > pid; exec sleep 300' > /dev/null 2>&1 & while [ ! -s pid ]; do sleep 0.01; done;";
  const late = await run([`${escaping} sleep 300`], { limitMs: 1500 });
  expect(late.results).toMatchObject([{ timed_out: true }]);
  await expect.poll(() => stateOf(late.cwd)).toMatch(/gone|Z/);
  const done = await run([`${escaping} echo done`]);
  expect(done.results).toMatchObject([{ exit_code: 0, tail: "done\n" }]);
  await expect.poll(() => stateOf(done.cwd)).toMatch(/gone|Z/);
});

test.runIf(process.platform === "linux")(
  "what a killed daemon's run of the same task has left is ended first",
  async () => {
    const [cwd, mark] = [folder(), `verify:${randomUUID()}`];
    const left = spawn("sleep", ["300"], { env: { ...env, ORCHESTRATIA_SESSION_ID: mark }, detached: true });
    const ended = once(left, "exit");
    await once(left, "spawn");
    expect((await run(["echo whole"], { cwd, mark })).results).toMatchObject([{ exit_code: 0 }]);
    expect(await ended).toEqual([null, "SIGKILL"]);
  },
);

test("runs of different tasks do not disturb each other", async () => {
  const gate = "while [ ! -e go ]; do sleep 0.01; done; echo through";
  const [first, second] = [folder(), folder()];
  const running = run([gate], { cwd: first });
  const other = await run(["echo done"], { cwd: second });
  expect(other.results).toMatchObject([{ exit_code: 0 }]);
  writeFileSync(join(first, "go"), "");
  expect((await running).results).toMatchObject([{ exit_code: 0, tail: "through\n" }]);
});

test("what a command leaves behind does not hold up its result", async () => {
  const { results } = await run(["sleep 300 & echo done"]);
  expect(results).toMatchObject([{ exit_code: 0, tail: "done\n" }]);
});

test("of a flood the beginning and the end are kept, and how much is missing is said", async () => {
  const { printed, results } = await run(["echo first; yes | head -c 3000000; echo last"]);
  expect(printed.startsWith("first\n")).toBe(true);
  expect(printed.endsWith("y\nlast\n")).toBe(true);
  expect(printed).toContain("characters are left out here");
  expect(printed.length).toBeLessThan(EVIDENCE_OUTPUT_MAX + 200);
  expect(results[0]?.tail.endsWith("last\n")).toBe(true);
});

test("a NUL never reaches the hub, and a character cut in two by a write is whole", async () => {
  const { printed } = await run(["printf 'a\\0b\\303'; printf '\\244'"]);
  expect(printed).toBe("abä");
});

test("a daemon that stops ends what runs", async () => {
  const stopping = new AbortController();
  const running = run(["sleep 300", "echo > ran"], { signal: stopping.signal });
  stopping.abort();
  const { results, cwd } = await running;
  expect(results).toMatchObject([{ exit_code: null, signal: "SIGKILL" }]);
  expect(existsSync(join(cwd, "ran"))).toBe(false);
});
