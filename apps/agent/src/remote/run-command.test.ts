import { homedir } from "node:os";
import { expect, test } from "vitest";
import { isAlive } from "../testing/is-alive.ts";
import { waitFor } from "../testing/wait.ts";
import { OUTPUT_MAX_BYTES, runCommand } from "./run-command.ts";

const run = (command: string, { limitMs = 20_000, signal = new AbortController().signal } = {}) =>
  runCommand(command, { env: { PATH: process.env.PATH ?? "", GREETING: "hello" }, limitMs, signal });

test("a command gives its exit code and both outputs, from the home folder, with the given environment alone", async () => {
  process.env.ORCHESTRATIA_API_KEY = "orc_must-not-be-seen";
  try {
    const { exit_code, stdout, stderr } = await run('pwd; echo "$GREETING"; env; echo bad >&2; exit 7');
    expect({ exit_code, stderr }).toEqual({ exit_code: 7, stderr: "bad\n" });
    expect(stdout.split("\n").slice(0, 2)).toEqual([homedir(), "hello"]);
    expect(stdout).not.toContain("must-not-be-seen");
  } finally {
    delete process.env.ORCHESTRATIA_API_KEY;
  }
});

test("a command that reads finds nothing to read", async () => {
  expect(await run("cat; echo done")).toEqual({ exit_code: 0, stdout: "done\n", stderr: "" });
});

test("at the deadline the whole group is killed and what was printed so far is given", async () => {
  const { exit_code, stdout, stderr } = await run("sleep 300 & echo $!; wait", { limitMs: 300 });
  expect([exit_code, stderr]).toEqual([-1, "[orchestratia] It was killed after 0 s.\n"]);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  await waitFor(() => !isAlive(pid));
});

test("what a command leaves behind does not hold its result up, and does not go on", async () => {
  const { exit_code, stdout } = await run("sleep 300 & echo $!");
  expect(exit_code).toBe(0);
  await waitFor(() => !isAlive(Number(stdout)));
});

test("of an endless output the first MiB is kept, and the result says that it was cut", async () => {
  const { exit_code, stdout, stderr } = await run("head -c 3000000 /dev/zero | tr '\\0' a; echo end >&2");
  expect(exit_code).toBe(0);
  expect(stdout).toBe("a".repeat(OUTPUT_MAX_BYTES));
  expect(stderr).toBe("end\n[orchestratia] Its standard output was cut after 1 MiB.\n");
});

test("a daemon that stops takes its commands with it", async () => {
  const stopping = new AbortController();
  const running = run("sleep 300", { signal: stopping.signal });
  stopping.abort();
  expect(await running).toEqual({ exit_code: -1, stdout: "", stderr: "[orchestratia] The daemon is stopping.\n" });
});
