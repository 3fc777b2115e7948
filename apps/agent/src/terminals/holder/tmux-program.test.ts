import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitOf, Listener, shellSpec, testTerminals } from "../../testing/test-terminals.ts";
import { waitFor } from "../../testing/wait.ts";
import { findTmux } from "../tmux-server.ts";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const withTmux = test.skipIf(!hasTmux);

/** A shell that waits for input, and whose terminal is taken away: it hears the end of one or the other first. */
const hungUp = [
  { code: 1, signal: null, offset: 5 },
  { code: null, signal: 1, offset: 5 },
];

const inTmux = () => {
  const test = testTerminals((stateDir) => ({ tmux: () => findTmux(stateDir, process.env.PATH ?? "") }));
  const { path, socket } = findTmux(test.stateDir, process.env.PATH ?? "");
  return { ...test, tmux: (...args: string[]) => execFileSync(path, ["-S", socket, ...args], { encoding: "utf8" }) };
};

withTmux("a session in tmux: bytes as they were printed, size, keys, snapshot, exit code", async () => {
  await using test = inTmux();
  const script = String.raw`stty size; printf 'h\303\251llo \\ \033[31mred\033[0m\n'; stty raw -echo; echo ready; head -c 5 | od -An -c; exit 7`;
  const terminal = await test.start(script, { name: "api worker" });
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().endsWith("ready\n"));
  expect(heard.text()).toBe("40 120\r\nhéllo \\ \x1b[31mred\x1b[0m\r\nready\n");
  expect(test.tmux("list-sessions", "-F", "#{session_name} #{window_width}x#{window_height}")).toBe(
    "api-worker 120x40\n",
  );
  expect((await terminal.lines("screen")).slice(0, 2)).toEqual(["40 120", "héllo \\ red"]);
  const late = new Listener(terminal, { from: null });
  await waitFor(() => late.snapshots[0]?.text.includes("\x1b[31mred"));
  terminal.resize(90, 33);
  await waitFor(() => test.tmux("list-sessions", "-F", "#{window_width}x#{window_height}") === "90x33\n");
  terminal.input(Buffer.from("\0\xffA'\n", "latin1"));
  expect(await exitOf(terminal)).toMatchObject({ code: 7, signal: null });
  await waitFor(() => late.end === terminal.exit?.offset);
  expect(late.text()).toBe("  \\0 377   A   '  \\n\n");
  const shell = await test.start("exec sh -i");
  await waitFor(() => shell.facts.foreground === true);
  shell.input(Buffer.from("sleep 1000\n"));
  await waitFor(() => shell.facts.foreground === false);
  shell.input(Buffer.from("\x03exit 9\n"));
  expect(await exitOf(shell)).toMatchObject({ code: 9, signal: null });
  const interrupted = await test.start("echo ready; exec sleep 1000");
  const ready = new Listener(interrupted);
  await waitFor(() => ready.text().includes("ready"));
  interrupted.input(Buffer.from("\x03"));
  expect(await exitOf(interrupted)).toMatchObject({ code: null, signal: 2 });
  const killed = await test.start("kill -TERM $$");
  expect(await exitOf(killed)).toEqual({ code: null, signal: 15, offset: 0 });
  await waitFor(() => spawnSync("tmux", ["-S", join(test.stateDir, "tmux.sock"), "ls"]).status !== 0);
});

withTmux(
  "people attach to it beside the hub; their scrolling, their windows and a taken name change nothing",
  async () => {
    await using test = inTmux();
    const script = "stty raw -echo; echo ready; read a; echo got:$a; read b";
    const terminal = await test.start(script, { name: "api" });
    const other = await test.start("read go", { name: "api" });
    expect(test.tmux("list-sessions", "-F", "#{session_name}")).toBe(`api\napi-${other.id.slice(0, 8)}\n`);
    const heard = new Listener(terminal);
    await waitFor(() => heard.text() === "ready\n");
    test.tmux("copy-mode", "-t", "api");
    test.tmux("split-window", "-d", "-t", "api", "sleep 1000");
    test.tmux("new-window", "-t", "api:", "sleep 1000");
    // What an emulator answers by itself was answered by tmux already.
    terminal.input(Buffer.from("\x1b[?62cx\n"));
    await waitFor(() => heard.text() === "ready\ngot:x\n");
    test.tmux("send-keys", "-t", "api:0.0", "y", "C-j");
    expect(await exitOf(terminal)).toMatchObject({ code: 0 });
    await waitFor(() => test.tmux("list-sessions", "-F", "#{session_name}") === `api-${other.id.slice(0, 8)}\n`);
  },
);

withTmux("no secret is in an argument list, in the server's environment or left in a file", async () => {
  await using test = inTmux();
  const secret = "orcs_it's-secret";
  const id = randomUUID();
  const env = { ...shellSpec("").env, ORCHESTRATIA_API_KEY: secret, ORCHESTRATIA_SESSION_ID: id, "not-a-name": "x" };
  const terminal = await test.start('echo "key=$ORCHESTRATIA_API_KEY $TERM$TMUX."; read go', { id, env });
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes(`key=${secret} xterm-256color.\r\n`));
  const server = test.tmux("display-message", "-p", "#{pid}").trim();
  for (const pid of [server, String(terminal.record.pid), String(terminal.record.holder_pid)]) {
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain(secret);
  }
  expect(readFileSync(`/proc/${server}/environ`, "utf8")).not.toContain("ORCHESTRATIA");
  expect(test.tmux("show-environment", "-g") + test.tmux("show-environment", "-t", terminal.id)).not.toContain(secret);
  expect(readdirSync(terminal.folder)).not.toContain("start.sh");
});

withTmux("a flood arrives whole, also from a program that ends at once, and when nobody reads it", async () => {
  await using test = inTmux();
  const terminal = await test.start("stty raw -echo; seq 1 300000; printf '\\033[?1049hlast'; exit 3");
  const slow = new Listener(terminal, { isSlow: true });
  const exit = await exitOf(terminal);
  expect(exit).toMatchObject({ code: 3 });
  expect(slow.bytes.length).toBe(128 * 1024);
  const fast = new Listener(terminal);
  await waitFor(() => fast.end === exit.offset);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const wanted = `${Array.from({ length: 300_000 }, (_, n) => `${n + 1}\n`).join("")}\x1b[?1049hlast`;
  expect(hash(fast.text())).toBe(hash(wanted));
});

withTmux("closing ends everything that it started; a session that somebody ended in tmux has ended", async () => {
  await using test = inTmux();
  const id = randomUUID();
  const env = { ...shellSpec("").env, ORCHESTRATIA_SESSION_ID: id };
  const script =
    "trap '' HUP; setsid sh -c 'trap \"\" HUP; echo job=$$; exec sleep 1000' & while :; do sleep 0.1; done";
  const terminal = await test.start(script, { id, env });
  const heard = new Listener(terminal);
  const job = Number(await waitFor(() => /job=(\d+)\r/.exec(heard.text())?.[1]));
  const other = await test.start("printf ready; read go", { name: "other" });
  const otherHeard = new Listener(other);
  await waitFor(() => otherHeard.text() === "ready");
  test.tmux("kill-session", "-t", "other");
  expect(hungUp).toContainEqual(await exitOf(other));
  terminal.close();
  expect(await exitOf(terminal)).toMatchObject({ code: null, signal: 9 });
  await waitFor(() => spawnSync("kill", ["-0", String(job)]).status !== 0);
});

withTmux("when our clients of tmux are lost, the program goes on and the screen is painted anew", async () => {
  await using test = inTmux();
  const terminal = await test.start(
    "stty raw -echo; printf 'one\\r\\n\\033[31mtwo\\033[m > '; read a; printf three; read b; printf four; exit 4",
  );
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().endsWith("> "));
  const client = test.tmux("list-clients", "-F", "#{client_pid}").trim();
  process.kill(Number(client), "SIGKILL");
  await waitFor(() => test.tmux("list-clients", "-F", "#{client_pid}").trim().replace(client, "") !== "");
  terminal.input(Buffer.from("\n"));
  await waitFor(async () => (await terminal.lines("screen"))[1] === "two > three");
  expect(await terminal.lines("screen")).toEqual(["one", "two > three"]);
  const server = test.tmux("display-message", "-p", "#{pid}").trim();
  spawnSync("pkill", ["-KILL", "-P", server, "cat"]);
  await waitFor(() => heard.text().includes("\x1b[H\x1b[2J"));
  terminal.input(Buffer.from("\n"));
  expect(await exitOf(terminal)).toMatchObject({ code: 4 });
  expect(await terminal.lines("screen")).toEqual(["one", "two > threefour"]);
});

withTmux(
  "a session whose holder was killed has ended, and nothing of it is left in tmux; so has one whose tmux was",
  async () => {
    await using test = inTmux();
    const other = await test.start("printf ready; read go", { name: "other" });
    const otherHeard = new Listener(other);
    await waitFor(() => otherHeard.text() === "ready");
    const terminal = await test.start("read go", { name: "api" });
    process.kill(terminal.record.holder_pid, "SIGKILL");
    expect(await exitOf(terminal)).toEqual({ code: null, signal: null, offset: 0 });
    await waitFor(() => test.tmux("list-sessions", "-F", "#{session_name}") === "other\n");
    expect(other.exit).toBeNull();
    test.tmux("kill-server");
    expect(hungUp).toContainEqual(await exitOf(other));
  },
);

withTmux("a client of tmux that ends again and again is started again, but not in a hurry", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const log = join(folder, "log");
  const path = join(folder, "tmux");
  writeFileSync(path, `#!/bin/sh\ncase "$*" in *" -C "*) date +%s%N >> ${log}; exit 1;; esac\nexec tmux "$@"\n`, {
    mode: 0o700,
  });
  const attached = () => readFileSync(log, "utf8").trim().split("\n").map(Number);
  {
    await using test = testTerminals((stateDir) => ({ tmux: () => ({ path, socket: join(stateDir, "tmux.sock") }) }));
    await test.start("read go");
    const [first = 0, , , , fifth = 0] = await waitFor(() => attached().length >= 5 && attached());
    expect((fifth - first) / 1e6).toBeGreaterThan(650);
  }
  rmSync(folder, { recursive: true });
});

test("a tmux that is missing or too old is said so", () => {
  const bin = mkdtempSync(join(tmpdir(), "orc-agent-"));
  expect(() => findTmux(bin, bin)).toThrow("needs tmux 3.2 or newer, and there is no tmux");
  const fake = (says: string) => writeFileSync(join(bin, "tmux"), `#!/bin/sh\necho ${says}\n`, { mode: 0o700 });
  fake("tmux 3.1c");
  expect(() => findTmux(bin, bin)).toThrow(`needs tmux 3.2 or newer, and ${join(bin, "tmux")} is tmux 3.1c`);
  fake("tmux next-3.6");
  expect(findTmux(bin, bin)).toEqual({ path: join(bin, "tmux"), socket: join(bin, "tmux.sock") });
  rmSync(bin, { recursive: true });
});
