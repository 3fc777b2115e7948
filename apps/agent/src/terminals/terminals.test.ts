import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isAlive } from "../testing/is-alive.ts";
import {
  exitOf,
  Listener,
  shellSpec,
  sourceHolderCommand,
  testTerminals,
  tsxFlags,
} from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { sessionFolder } from "./session-folder.ts";
import type { Terminal } from "./terminal.ts";
import { Terminals } from "./terminals.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Text of `length` bytes that differs everywhere, so that a lost, doubled or moved piece changes its hash. */
function distinctBytes(length: number): Buffer {
  const lines: string[] = [];
  for (let bytes = 0, n = 0; bytes < length; n += 1) {
    const line = `${n} \x1b[3${n % 8}m${createHash("md5").update(String(n)).digest("hex")}\x1b[0m\n`;
    lines.push(line);
    bytes += line.length;
  }
  return Buffer.from(lines.join("")).subarray(0, length);
}

test("a burst right before the exit loses no byte, in any of 30 runs", { timeout: 120_000 }, async () => {
  await using test = testTerminals();
  const wanted = distinctBytes(200_000);
  const file = join(test.stateDir, "burst");
  writeFileSync(file, wanted);
  const run = async () => {
    const terminal = await test.start(`stty raw -echo; cat ${file}; exit 7`);
    const heard = new Listener(terminal);
    const exit = await exitOf(terminal);
    await waitFor(() => heard.end >= exit.offset);
    terminal.collected();
    return { hash: sha256(heard.bytes), code: exit.code, gaps: heard.gaps };
  };
  for (let round = 0; round < 15; round += 1) {
    for (const result of await Promise.all([run(), run()])) {
      expect(result).toEqual({ hash: sha256(wanted), code: 7, gaps: [] });
    }
  }
});

test("a program that ends while flow control holds it back loses nothing either", async () => {
  await using test = testTerminals();
  // A little more than what makes the holder pause: the rest fits into the kernel, so the program can end.
  const wanted = distinctBytes(530_000);
  const file = join(test.stateDir, "burst");
  writeFileSync(file, wanted);
  // The start is given by a file: a key could come before the terminal is raw, and be echoed.
  const go = join(test.stateDir, "go");
  const terminal = await test.start(`stty raw -echo; while [ ! -e ${go} ]; do sleep 0.02; done; cat ${file}`);
  const slow = new Listener(terminal, { isSlow: true });
  writeFileSync(go, "");
  const exit = await exitOf(terminal);
  expect(exit).toEqual({ code: 0, signal: null, offset: wanted.length });
  expect(slow.end).toBe(128 * 1024);
  const fast = new Listener(terminal);
  await waitFor(() => fast.end >= exit.offset);
  expect(sha256(fast.bytes)).toBe(sha256(wanted));
});

test("whoever does not consume gets one window and no more, and the program waits", async () => {
  await using test = testTerminals();
  const terminal = await test.start("stty raw -echo; while :; do echo 0123456789012345678901234567890123456789; done");
  const slow = new Listener(terminal, { isSlow: true });
  await waitFor(() => slow.bytes.length >= 128 * 1024);
  const screen = await terminal.lines("screen");
  expect(screen.length).toBeGreaterThan(0);
  expect(slow.bytes.length).toBe(128 * 1024);
  terminal.consumed(slow.end);
  await waitFor(() => slow.bytes.length === 256 * 1024);
});

test("the exit code is the program's, a signal is told apart", async () => {
  await using test = testTerminals();
  const left = await test.start("exit 42");
  const killed = await test.start("kill -TERM $$");
  expect(await exitOf(left)).toEqual({ code: 42, signal: null, offset: 0 });
  expect(await exitOf(killed)).toEqual({ code: null, signal: 15, offset: 0 });
});

test("a program that cannot be started is an error with a reason, and leaves nothing behind", async () => {
  await using test = testTerminals();
  await expect(test.start("", { command: ["no-such-program"] })).rejects.toThrow(
    "no-such-program is not on this machine",
  );
  await expect(test.start("", { cwd: "/no/such/folder" })).rejects.toThrow("there is no folder /no/such/folder");
  await expect(test.start("", { id: "../../elsewhere" })).rejects.toThrow("cannot be used as a name");
  expect(readdirSync(join(test.stateDir, "sessions"))).toEqual([]);
});

test("input arrives byte by byte as it was sent, and output in UTF-8 comes back unharmed", async () => {
  await using test = testTerminals();
  const terminal = await test.start("stty raw -echo; echo ready; head -c 300000 | sha256sum");
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes("ready"));
  const typed = Buffer.alloc(300_000, "héllo wörld \x03\x1b[A€😀\x00");
  terminal.input(typed);
  await exitOf(terminal);
  await waitFor(() => heard.text().includes(sha256(typed)));

  const echo = await test.start("cat");
  const echoed = new Listener(echo);
  echo.input(Buffer.from("naïve €😀\n"));
  await waitFor(() => echoed.text().includes("naïve €😀"));
  expect((await echo.lines("screen"))[0]).toBe("naïve €😀");
});

test("a resize reaches the program", async () => {
  await using test = testTerminals();
  const terminal = await test.start("stty size; read go; stty size");
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes("40 120"));
  terminal.resize(90, 33);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => heard.text().includes("33 90"));
});

test("closing ends a program that ignores hang-ups, and its background jobs", async () => {
  await using test = testTerminals();
  const terminal = await test.start(
    "trap '' HUP; (trap '' HUP; sleep 1000) & echo job=$!; while :; do sleep 0.1; done",
  );
  const heard = new Listener(terminal);
  const job = Number(await waitFor(() => /job=(\d+)\r/.exec(heard.text())?.[1]));
  terminal.close();
  expect(await exitOf(terminal)).toMatchObject({ code: null, signal: 9 });
  await waitFor(() => !isAlive(job));
});

test("closing also ends what left the terminal with setsid and ignores hang-ups, when the program itself is long gone", async () => {
  await using test = testTerminals();
  const id = randomUUID();
  const env = { ...shellSpec("").env, ORCHESTRATIA_SESSION_ID: id };
  const script = "trap 'exit 0' HUP; setsid sh -c 'trap \"\" HUP; echo job=$$; exec sleep 1000' & read go";
  const terminal = await test.start(script, { id, env });
  const heard = new Listener(terminal);
  const job = Number(await waitFor(() => /job=(\d+)\r/.exec(heard.text())?.[1]));
  const other = await test.start("read go", { env: { ...env, ORCHESTRATIA_SESSION_ID: "another" } });
  terminal.close();
  expect(await exitOf(terminal)).toMatchObject({ code: 0, signal: null });
  expect(isAlive(job)).toBe(true);
  terminal.collected();
  await waitFor(() => !isAlive(job) && !existsSync(sessionFolder(test.stateDir, id)));
  expect(isAlive(other.record.pid)).toBe(true);
});

test("sizes come in the order in which things were printed, also to those who come later", async () => {
  await using test = testTerminals();
  const terminal = await test.start("stty raw -echo; printf one; read a; printf two; read b; printf three; read c");
  const live = new Listener(terminal);
  await waitFor(() => live.text() === "one");
  terminal.resize(90, 30);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => live.text() === "onetwo");
  terminal.resize(100, 31);
  terminal.resize(101, 32);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => live.text() === "onetwothree");
  const sizes = [
    { offset: 0, size: { cols: 120, rows: 40 } },
    { offset: 3, size: { cols: 90, rows: 30 } },
    { offset: 6, size: { cols: 101, rows: 32 } },
  ];
  expect(live.sizes.filter(({ size }) => size.cols !== 100)).toEqual(sizes);
  const late = new Listener(terminal, { from: 2 });
  await waitFor(() => late.text() === "etwothree");
  expect(late.sizes).toEqual([{ ...sizes[0], offset: 2 }, ...sizes.slice(1)]);
});

test("whoever has nothing, or too little, gets a snapshot with its size; one asked for later comes between the bytes", async () => {
  await using test = testTerminals();
  const terminal = await test.start(
    "stty raw -echo; printf 'a screen'; read a; printf ' goes on'; read b; printf '!'; read c",
  );
  terminal.resize(77, 22);
  await waitFor(async () => (await terminal.lines("screen"))[0] === "a screen");
  const late = new Listener(terminal, { from: null });
  await waitFor(() => late.snapshots.length === 1);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => late.text() === " goes on");
  terminal.takeSnapshot();
  await waitFor(() => late.snapshots.length === 2);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => late.text() === " goes on!");
  expect(late.gaps).toEqual([]);
  expect(late.snapshots).toEqual([
    { offset: 8, size: { cols: 77, rows: 22 }, text: "a screen" },
    { offset: 16, size: { cols: 77, rows: 22 }, text: "a screen goes on" },
  ]);
  const far = new Listener(terminal, { from: 3, catchUpBytes: 10 });
  await waitFor(() => far.snapshots[0]?.offset === 17);
  const near = new Listener(terminal, { from: 7, catchUpBytes: 10 });
  await waitFor(() => near.text() === "n goes on!");
  const unheardOf = new Listener(terminal, { from: 18 });
  await waitFor(() => unheardOf.snapshots[0]?.offset === 17);
});

test("a snapshot asked for in a flood never stands ahead of the bytes", async () => {
  await using test = testTerminals();
  const terminal = await test.start("stty raw -echo; seq 1 200000; read go");
  const order: string[] = [];
  let end = 0;
  terminal.subscribe(
    {
      onOutput(offset, bytes) {
        end = offset + bytes.length;
        terminal.consumed(end);
      },
      onSnapshot: (offset) => order.push(offset <= end ? "at or before" : `${offset - end} ahead`),
    },
    0,
    Number.MAX_SAFE_INTEGER,
  );
  for (let asked = 1; asked <= 5; asked += 1) {
    terminal.takeSnapshot();
    await waitFor(() => order.length === asked);
  }
  await waitFor(() => end === 1_288_895);
  expect(order).toEqual(Array(5).fill("at or before"));
});

test("no secret is in the record, in an argument list or readable by others; only the program has its environment", async () => {
  await using test = testTerminals();
  const secret = "orcs_top-secret";
  const env = { ...shellSpec("").env, ORCHESTRATIA_API_KEY: secret };
  const terminal = await test.start("echo key=$ORCHESTRATIA_API_KEY; read go", { env });
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes(`key=${secret}`));
  const folder = sessionFolder(test.stateDir, terminal.id);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) {
    expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
    if (statSync(join(folder, name)).isFile() && !name.endsWith(".ring")) {
      expect(readFileSync(join(folder, name), "utf8")).not.toContain(secret);
    }
  }
  const { holder_pid } = terminal.record;
  expect(readFileSync(`/proc/${holder_pid}/cmdline`, "utf8")).not.toContain(secret);
  expect(readFileSync(`/proc/${holder_pid}/environ`, "utf8")).not.toContain(secret);
});

test("a holder survives kill -9 of the daemon that started it and is adopted with every byte in its place", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const id = shellSpec("").id;
  const starter = spawn(
    process.execPath,
    [...tsxFlags, fileURLToPath(new URL("../testing/start-and-hang.ts", import.meta.url))],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const script = "for n in 1 2 3; do echo before $n; done; read go; for n in 1 2 3; do echo after $n; done; exit 5";
  starter.stdin.end(
    JSON.stringify({ stateDir, holderCommand: sourceHolderCommand, spec: { ...shellSpec(script), id } }),
  );
  let said = "";
  starter.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await waitFor(() => said.includes("before 3"), 30_000);
  const consumed = Number(await waitFor(() => /consumed (\d+)\n/.exec(said)?.[1]));
  starter.kill("SIGKILL");
  await waitFor(() => starter.signalCode === "SIGKILL");

  const terminals = new Terminals(stateDir, sourceHolderCommand);
  await terminals.adopt();
  const [terminal] = terminals.all();
  if (!terminal) throw new Error("nothing was adopted");
  expect(terminal.record).toMatchObject({ id, agent: "shell", hub_url: "http://hub.test" });
  const resumed = new Listener(terminal, { from: consumed });
  terminal.input(Buffer.from("\n"));
  expect(await exitOf(terminal)).toMatchObject({ code: 5, signal: null });
  await waitFor(() => resumed.end === terminal.exit?.offset);
  expect(resumed.end - resumed.bytes.length).toBe(consumed);
  expect(resumed.text()).not.toContain("before");
  expect(resumed.text()).toContain("after 1\r\nafter 2\r\nafter 3\r\n");
  expect((await terminal.lines("screen"))[0]).toBe("before 1");
  terminal.collected();
  await waitFor(() => !existsSync(sessionFolder(stateDir, id)) && !isAlive(terminal.record.holder_pid));
  rmSync(stateDir, { recursive: true });
});

test("an exit that nobody saw is kept until it is collected, also by the next daemon", async () => {
  await using test = testTerminals();
  const terminal = await test.start("read go; echo last words; exit 3");
  const next = new Terminals(test.stateDir, sourceHolderCommand);
  await next.adopt();
  terminal.disconnect();
  const adopted = next.get(terminal.id);
  adopted?.input(Buffer.from("\n"));
  await waitFor(() => adopted?.exit ?? undefined);
  next[Symbol.dispose]();

  const later = new Terminals(test.stateDir, sourceHolderCommand);
  await later.adopt();
  const found = later.get(terminal.id);
  if (!found) throw new Error("the ended session was not found");
  expect(found.exit).toMatchObject({ code: 3 });
  const heard = new Listener(found);
  await waitFor(() => heard.text().includes("last words"));
  found.collected();
  await waitFor(() => !existsSync(sessionFolder(test.stateDir, terminal.id)));
});

test("a holder that does not answer keeps no daemon from the others, and is taken over when it does", async () => {
  await using test = testTerminals();
  const stuck = await test.start("read go; exit 4");
  const other = await test.start("read go");
  for (const terminal of test.terminals.all()) terminal.disconnect();
  process.kill(stuck.record.holder_pid, "SIGSTOP");
  const next = new Terminals(test.stateDir, sourceHolderCommand);
  try {
    await next.adopt();
    expect(next.get(other.id)?.hasHolder).toBe(true);
    expect(next.get(stuck.id)).toMatchObject({ hasHolder: false, exit: null });
    next.get(stuck.id)?.input(Buffer.from("\n"));
  } finally {
    process.kill(stuck.record.holder_pid, "SIGCONT");
  }
  expect(await exitOf(next.get(stuck.id) as Terminal)).toMatchObject({ code: 4 });
  next[Symbol.dispose]();
});

test("a holder that was killed is reported as ended, nobody knows how", async () => {
  await using test = testTerminals();
  const terminal = await test.start("read go");
  process.kill(terminal.record.holder_pid, "SIGKILL");
  expect(await exitOf(terminal)).toEqual({ code: null, signal: null, offset: 0 });
  terminal.collected();
  expect(existsSync(sessionFolder(test.stateDir, terminal.id))).toBe(false);
});

test("a holder whose folder was removed ends its program and itself", async () => {
  await using test = testTerminals();
  const terminal = await test.start("sleep 1000");
  terminal.disconnect();
  rmSync(sessionFolder(test.stateDir, terminal.id), { recursive: true });
  await waitFor(() => !isAlive(terminal.record.pid) && !isAlive(terminal.record.holder_pid));
});

test("who comes when the ring has moved on gets the screen, then everything after it", async () => {
  await using test = testTerminals();
  const script = `stty raw -echo; i=0; head -c 6000000 /dev/zero | tr '\\0' x; printf '\\033[2J\\033[Hthe last screen\\r\\n'; read go; printf 'and on'`;
  const terminal = await test.start(script);
  await waitFor(async () => (await terminal.lines("screen"))[0] === "the last screen", 30_000);
  const late = new Listener(terminal);
  const snapshot = await waitFor(() => late.snapshots[0]);
  expect(snapshot.text).toContain("the last screen");
  expect(snapshot.offset).toBeGreaterThan(6_000_000);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => late.text() === "and on");
  expect(late.gaps).toEqual([]);
});

test("the holder sees the prompt, and who is in the foreground", async () => {
  await using test = testTerminals();
  const terminal = await test.start("printf 'demo> '; read line; sh -ic 'sleep 1000'");
  await waitFor(() => terminal.facts.prompt_line === "demo> " && terminal.facts.foreground === true);
  terminal.input(Buffer.from("go\n"));
  await waitFor(() => terminal.facts.foreground === false);
});

test("a state folder with a long name works too", async () => {
  await using test = testTerminals();
  const long = join(test.stateDir, "a".repeat(120));
  const terminals = new Terminals(long, sourceHolderCommand);
  const terminal = await terminals.start(shellSpec("read go; exit 9"));
  terminal.input(Buffer.from("\n"));
  expect((await exitOf(terminal)).code).toBe(9);
  await terminals.closeAll();
});
