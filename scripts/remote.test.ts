/** Remote commands and files between two real daemons, through a whole hub, in the words of the command line. */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import { type Machine, startMachine } from "./testing/remote-machine.ts";

let hub: TestHub;
let project: { id: string; key: string };
let near: Machine;
let far: Machine;
let closed: Machine;

beforeAll(async () => {
  hub = await startTestHub();
  project = await hub.project();
  near = await startMachine({ hub, project, name: "near" });
  far = await startMachine({ hub, project, name: "far", policy: { remote: { exec: true } } });
  closed = await startMachine({ hub, project, name: "closed", policy: { files: { in: false, out: false } } });
});
afterAll(async () => {
  for (const machine of [near, far, closed]) await machine?.[Symbol.asyncDispose]();
  await hub?.[Symbol.asyncDispose]();
});

test("a command runs on the other machine, in its session's folder, and ends ours with its exit code", async () => {
  await writeFile(path.join(far.repo, "it's here.txt"), "hello");
  const ran = await near.run("remote", "exec", far.session, "pwd; env; echo bad >&2; exit 42");
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 42, stderr: "bad\n" });
  expect(ran.stdout.split("\n")[0]).toBe(far.repo);
  expect(ran.stdout).not.toMatch(/orcs?_/);
  expect(await near.run("remote", "read", far.session, "it's here.txt")).toEqual({
    code: 0,
    stdout: "hello",
    stderr: "",
  });
  // A fact has its place in the log a moment after it was recorded.
  const system = await hub.system();
  const query = { event_type: "remote.executed" };
  await until(async () => {
    const { activity } = await system.call(people.listActivity, { params: { project: project.key }, query });
    return activity.some(({ details }) => details.command === "pwd; env; echo bad >&2; exit 42");
  });
});

/** The command line as a program of its own, of which each line of output is read as it comes. */
function startProgram(machine: Machine, ...argv: string[]) {
  const main = fileURLToPath(new URL("../apps/cli/src/main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=development", "--import", "tsx", main, ...argv], {
    env: { PATH: process.env.PATH, ORCHESTRATIA_HOME: "/nonexistent", ...machine.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value as string | undefined, ended: once(child, "close") };
}

test("what a command prints is read here while it still runs there", async () => {
  const seen = path.join(far.repo, "seen");
  const line = `echo first; until [ -e '${seen}' ]; do sleep 0.02; done; echo last; exit 7`;
  const program = startProgram(near, "remote", "exec", far.session, line);
  expect(await program.line()).toBe("first");
  await writeFile(seen, "");
  expect(await program.line()).toBe("last");
  expect(await program.ended).toEqual([7, null]);
});

test("whoever interrupts the command line ends the command over there, with everything that it started", async () => {
  const program = startProgram(near, "remote", "exec", far.session, "sleep 600 & echo $!; wait");
  const pid = Number(await program.line());
  expect(process.kill(pid, 0)).toBe(true);
  program.child.kill("SIGINT");
  await program.ended;
  await until(async () => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });
});

test("of much output every byte comes, in order", async () => {
  const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join("");
  const ran = await near.run("remote", "exec", far.session, "seq 1 100000");
  expect([ran.code, ran.stderr, ran.stdout === numbers]).toEqual([0, "", true]);
});

test("a machine whose owner has not allowed commands runs none", async () => {
  const { code, stdout, stderr } = await far.run("remote", "exec", near.session, "touch ran");
  expect([code, stdout, stderr]).toEqual([
    EXIT.forbidden,
    "",
    "Error: near runs no remote commands: remote.exec in its policy.yaml does not allow it.\n",
  ]);
  expect(await readdir(near.repo)).not.toContain("ran");
});

test("a file of 5 MB comes whole into the session's directory, and what is there is replaced only when asked", async () => {
  const bytes = randomBytes(5_000_000);
  await writeFile(path.join(near.repo, "data.bin"), bytes);
  const sent = await near.run("file", "send", path.join(near.repo, "data.bin"), "--to", far.session, "--json");
  expect([sent.code, JSON.parse(sent.stdout)]).toEqual([
    0,
    expect.objectContaining({ status: "completed", file_size: bytes.length, chunks_relayed: 77, total_chunks: 77 }),
  ]);
  const arrived = path.join(far.repo, "data.bin");
  const hash = createHash("sha256")
    .update(await readFile(arrived))
    .digest("hex");
  expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect((await stat(arrived)).mode & 0o777).toBe(0o600);
  expect((await readdir(far.repo)).filter((name) => name.endsWith(".part"))).toEqual([]);

  const status = await near.run("file", "status", JSON.parse(sent.stdout).transfer_id);
  expect([status.code, status.stdout]).toEqual([0, expect.stringContaining("completed")]);

  const again = await near.run("file", "send", path.join(near.repo, "data.bin"), "--to", far.session);
  expect([again.code, again.stdout]).toEqual([EXIT.failed, expect.stringContaining("There is a file data.bin")]);
  await writeFile(path.join(near.repo, "data.bin"), "short");
  const over = await near.run("file", "send", path.join(near.repo, "data.bin"), "--to", far.session, "--overwrite");
  expect([over.code, await readFile(arrived, "utf8")]).toEqual([0, "short"]);

  // What arrived may be sent on, to a place of its own.
  await mkdir(path.join(far.repo, "results"));
  const on = await far.run("file", "send", arrived, "--to", far.session, "--path", "results/one.bin");
  expect([on.code, on.stdout]).toEqual([0, expect.stringContaining(path.join(far.repo, "results/one.bin"))]);
  expect(await readFile(path.join(far.repo, "results/one.bin"), "utf8")).toBe("short");
});

test("what lies outside the folders is not sent, straight or through a link, and the sender is told", async () => {
  const outside = path.join(tmpdir(), `orchestratia-outside-${process.pid}.txt`);
  await writeFile(outside, "secret");
  try {
    await symlink(outside, path.join(near.repo, "link.txt"));
    for (const file of [outside, path.join(near.repo, "link.txt"), near.daemon.configPath]) {
      const { code, stdout } = await near.run("file", "send", file, "--to", far.session);
      expect([file, code]).toEqual([file, EXIT.failed]);
      expect(stdout).toContain("in the folders that this machine sends from");
    }
  } finally {
    await rm(outside);
  }
  expect(await readdir(far.repo)).not.toContain(path.basename(outside));
});

test("a name that climbs out of the folder arrives as a plain one inside it", async () => {
  const folder = path.join(near.repo, "...");
  await mkdir(folder);
  await writeFile(path.join(folder, "..\\..\\evil.txt"), "hello");
  const { code } = await near.run("file", "send", path.join(folder, "..\\..\\evil.txt"), "--to", far.session);
  expect(code).toBe(0);
  expect(await readdir(far.repo)).toContain("evil.txt");
});

test("a machine whose owner has switched files off sends and takes none", async () => {
  await writeFile(path.join(closed.repo, "a.txt"), "hello");
  const refusal = (what: string) => `Error: closed ${what} in its policy.yaml does not allow it.\n`;
  const out = await closed.run("file", "send", path.join(closed.repo, "a.txt"), "--to", far.session);
  expect([out.code, out.stderr]).toEqual([EXIT.forbidden, refusal("sends no files: files.out")]);
  const into = await near.run("file", "send", path.join(near.repo, "data.bin"), "--to", closed.session);
  expect([into.code, into.stderr]).toEqual([EXIT.forbidden, refusal("takes no files: files.in")]);
});
