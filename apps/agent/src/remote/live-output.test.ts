import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXEC_PIECE_BYTES, EXEC_PIECES_IN_FLIGHT } from "@orchestratia/protocol/remote-frames";
import { afterAll, expect, test } from "vitest";
import { isAlive } from "../testing/is-alive.ts";
import { waitFor } from "../testing/wait.ts";
import { LiveOutput, type OutputName } from "./live-output.ts";
import { OUTPUT_MAX_BYTES, runCommand } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "orc-live-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `${++files}`);
const until = (path: string) => `until [ -e '${path}' ]; do sleep 0.02; done`;

/** A command whose output is read while it runs, by somebody who takes it at once or when the test says so. */
function running(command: string, { takes = true } = {}) {
  const pieces: { stream: OutputName; content: string }[] = [];
  const live = new LiveOutput(async (stream, content) => {
    pieces.push({ stream, content });
    if (reader.takes) live.taken(pieces.length);
  });
  const reader = { takes };
  const ending = new AbortController();
  const env = { PATH: process.env.PATH ?? "" };
  return {
    pieces,
    live,
    text: (stream: OutputName) =>
      pieces
        .filter((piece) => piece.stream === stream)
        .map(({ content }) => content)
        .join(""),
    takeAll() {
      reader.takes = true;
      live.taken(pieces.length);
    },
    cancel: () => ending.abort("It was cancelled."),
    result: runCommand(command, { env, limitMs: 60_000, signal: ending.signal, live }),
  };
}

test("what a command prints is there while it runs, in order, and the result holds none of it", async () => {
  const [one, two] = [newPath(), newPath()];
  const { pieces, result } = running(`echo a; ${until(one)}; echo b >&2; ${until(two)}; echo c; exit 7`);
  await waitFor(() => pieces.length === 1);
  writeFileSync(one, "");
  await waitFor(() => pieces.length === 2);
  writeFileSync(two, "");
  expect(await result).toEqual({ exit_code: 7, stdout: "", stderr: "" });
  expect(pieces).toEqual([
    { stream: "stdout", content: "a\n" },
    { stream: "stderr", content: "b\n" },
    { stream: "stdout", content: "c\n" },
  ]);
});

test("a character that is printed in two halves comes whole, and half a one at the very end as the sign for it", async () => {
  const gate = newPath();
  const { pieces, result } = running(`printf 'x\\303'; ${until(gate)}; printf '\\251\\342\\202'`);
  await waitFor(() => pieces.length === 1);
  writeFileSync(gate, "");
  await result;
  expect(pieces.map(({ content }) => content).join("|")).toBe("x|é�");
});

test("much output comes in full pieces of whole characters", async () => {
  const text = "aé€😀".repeat(20_000);
  const path = newPath();
  writeFileSync(path, text);
  const command = running(`cat '${path}'`);
  await command.result;
  expect(command.text("stdout")).toBe(text);
  expect(Math.max(...command.pieces.map(({ content }) => Buffer.byteLength(content)))).toBeLessThanOrEqual(
    EXEC_PIECE_BYTES,
  );
  expect(command.pieces.length).toBeLessThan(40);
});

test("of an endless output the first MiB comes, and the result says that it was cut", async () => {
  const command = running("head -c 3000000 /dev/zero | tr '\\0' a; printf end >&2");
  expect(await command.result).toEqual({
    exit_code: 0,
    stdout: "",
    stderr: "\n[orchestratia] Its standard output was cut after 1 MiB.\n",
  });
  expect(command.text("stdout")).toBe("a".repeat(OUTPUT_MAX_BYTES));
  expect(command.text("stderr")).toBe("end");
});

test("a cancelled command ends with everything that it started", async () => {
  const { pieces, cancel, result } = running("sleep 300 & echo $!; wait");
  await waitFor(() => pieces.length === 1);
  cancel();
  expect(await result).toEqual({ exit_code: -1, stdout: "", stderr: "[orchestratia] It was cancelled.\n" });
  await waitFor(() => !isAlive(Number(pieces[0]?.content)));
});

test("a reader who takes nothing makes the program wait, and has everything in the end", async () => {
  const counter = newPath();
  const command = running(
    `i=0; while [ $i -lt 1000 ]; do printf '%01000d\\n' $i; i=$((i+1)); echo $i > '${counter}'; done`,
    { takes: false },
  );
  await waitFor(() => command.live.isFull);
  let before = 0;
  await waitFor(() => {
    const now = Number(readFileSync(counter, "utf8"));
    const isStill = now > 0 && now === before;
    before = now;
    return isStill;
  });
  expect(command.pieces).toHaveLength(EXEC_PIECES_IN_FLIGHT);
  expect(before).toBeLessThan(600);
  command.takeAll();
  expect(await command.result).toMatchObject({ exit_code: 0 });
  expect(command.text("stdout")).toHaveLength(1_001_000);
});

test("what was printed before the end is not lost to a reader who takes it later", async () => {
  const left = newPath();
  const command = running(`sleep 300 & echo $! > '${left}'; head -c 250000 /dev/zero | tr '\\0' a`, { takes: false });
  await waitFor(() => command.live.isFull);
  // The shell has ended, and what it left behind was ended after it.
  await waitFor(() => !isAlive(Number(readFileSync(left, "utf8"))));
  command.takeAll();
  expect(await command.result).toEqual({ exit_code: 0, stdout: "", stderr: "" });
  expect(command.text("stdout")).toHaveLength(250_000);
});

/** Something that holds the command's output open and is not ended with it; `ended` has the shell's number. */
async function besideGroup(command: string) {
  const [path, shell] = [newPath(), newPath()];
  const line = `echo $$ > '${shell}'; setsid sh -c 'echo $$ > "${path}"; exec sleep 300' & until [ -s '${path}' ]; do sleep 0.01; done; ${command}`;
  return {
    line,
    ended: () => waitFor(() => !isAlive(Number(readFileSync(shell, "utf8")))),
    async [Symbol.asyncDispose]() {
      const pid = Number(readFileSync(path, "utf8"));
      process.kill(pid);
      await waitFor(() => !isAlive(pid));
    },
  };
}

test("what holds the output open beside the command's group is not waited for, and nothing is told twice", async () => {
  const pieces: string[] = [];
  {
    await using beside = await besideGroup("printf 'x\\303'");
    const command = running(beside.line);
    expect(await command.result).toEqual({ exit_code: 0, stdout: "", stderr: "" });
    pieces.push(...command.pieces.map(({ content }) => content));
    await command.live.end();
    expect(command.pieces.map(({ content }) => content)).toEqual(pieces);
  }
  expect(pieces.join("")).toBe("x\ufffd");
});

test("what is still in a pipe that somebody holds open comes, also when a reader takes some just before the end", async () => {
  await using beside = await besideGroup("head -c 250000 /dev/zero | tr '\\0' a");
  const command = running(beside.line, { takes: false });
  await waitFor(() => command.live.isFull);
  await beside.ended();
  for (let taken = 1; taken <= EXEC_PIECES_IN_FLIGHT && command.live.isFull; taken += 1) {
    command.live.taken(taken);
    for (let turns = 0; turns < 100; turns += 1) await Promise.resolve();
  }
  expect(command.live.isFull).toBe(false);
  // Reading goes on, and every timer is due before anything is read.
  for (const since = performance.now(); performance.now() - since < 400; );
  await new Promise((resolve) => setImmediate(resolve));
  command.takeAll();
  expect(await command.result).toEqual({ exit_code: 0, stdout: "", stderr: "" });
  expect(command.text("stdout")).toHaveLength(250_000);
});

test("a program whose reader is gone goes on to its end", async () => {
  const command = running("head -c 1000000 /dev/zero | tr '\\0' a; exit 3", { takes: false });
  await waitFor(() => command.live.isFull);
  command.live.drop();
  expect(await command.result).toEqual({ exit_code: 3, stdout: "", stderr: "" });
});
