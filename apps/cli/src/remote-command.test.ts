import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@orchestratia/protocol/problems";
import { afterAll, beforeEach, expect, test } from "vitest";
import { EXIT } from "./exit-codes.ts";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { runInProcess } from "./testing/run-in-process.ts";
import { sampleAnswers } from "./testing/samples.ts";

const hub = await startProtocolHub();
const folder = mkdtempSync(join(tmpdir(), "orchestratia-remote-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await hub[Symbol.asyncDispose]();
});
beforeEach(() => {
  hub.received.length = 0;
  Object.assign(hub.answers, sampleAnswers());
});

const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: "orcs_secret", ORCHESTRATIA_PROJECT_ID: "p" };
const orchestratia = (...argv: string[]) => runInProcess(argv, { env });
const sent = (operation: string) => hub.received.filter((request) => request.operation === operation);
const transfer = (changes: object) => ({ ...(hub.answers.agentViewFileTransfer as object), ...changes });

test("remote exec prints what the command printed, and ends as it ended", async () => {
  hub.answers.agentRemoteExec = { exit_code: 42, stdout: "no newline", stderr: "bad\n" };
  const ran = await orchestratia("remote", "exec", "w1", "--timeout", "90", "--", "ls", "-l", "a b");
  expect(ran).toEqual({ code: 42, stdout: "no newline", stderr: "bad\n" });
  expect(sent("agentRemoteExec")[0]).toMatchObject({
    query: { project_id: "p" },
    body: { session_name: "w1", command: "ls -l a b", timeout: 90 },
  });
});

test("remote exec --json is the result, and the exit code is the command's as well", async () => {
  const result = { exit_code: 3, stdout: "out\n", stderr: "" };
  hub.answers.agentRemoteExec = result;
  const { code, stdout } = await orchestratia("remote", "exec", "w1", "false", "--json");
  expect([code, JSON.parse(stdout)]).toEqual([3, result]);
});

test("remote exec prints each piece as it comes; a problem behind them is a refusal", async () => {
  const problem = new Problem("server_unreachable", "The server's daemon went away.").toDocument();
  const ends = [{ exit_code: 3 }, { problem }, undefined];
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const end = ends.shift();
    const lines = [{ stdout: "a" }, { stderr: "bad\n" }, { stdout: "b\n" }, ...(end ? [end] : [])];
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const exec = () => runInProcess(["remote", "exec", "w1", "make"], { env: { ...env, ORCHESTRATIA_HUB_URL: url } });
  try {
    expect(await exec()).toEqual({ code: 3, stdout: "ab\n", stderr: "bad\n" });
    expect(await exec()).toEqual({
      code: EXIT.conflict,
      stdout: "ab\n",
      stderr: "bad\nError: The server's daemon went away.\n",
    });
    expect(await exec()).toMatchObject({ code: EXIT.unreachable, stdout: "ab\n" });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a command that could not be run to its end is 255; a refusal is a refusal", async () => {
  hub.answers.agentRemoteExec = { exit_code: -1, stdout: "", stderr: "It was killed after 120 s.\n" };
  expect(await orchestratia("remote", "exec", "w1", "sleep 999")).toMatchObject({ code: 255 });
  hub.answers.agentRemoteExec = new Problem("daemon_lacks", "box runs no remote commands.");
  expect(await orchestratia("remote", "exec", "w1", "true")).toEqual({
    code: EXIT.conflict,
    stdout: "",
    stderr: "Error: box runs no remote commands.\n",
  });
});

test("remote read takes the file piece by piece, and only while it is the same", async () => {
  const { code, stdout } = await orchestratia("remote", "read", "w1", "it's $(here).md");
  expect([code, stdout]).toEqual([0, "hello\n"]);
  expect(sent("agentRemoteRead")[0]?.body).toEqual({ session_name: "w1", path: "it's $(here).md", offset: 0 });
  hub.answers.agentRemoteRead = { size: 2 * 1024 * 1024, version: "1", data: "" };
  expect(await orchestratia("remote", "read", "w1", "big")).toMatchObject({
    code: EXIT.failed,
    stderr: expect.stringContaining("orchestratia file send"),
  });
  hub.answers.agentRemoteRead = new Problem("refused_by_policy", "box lets nobody read its files.");
  expect(await orchestratia("remote", "read", "w1", "a")).toMatchObject({ code: EXIT.forbidden, stdout: "" });
  expect(sent("agentRemoteExec")).toEqual([]);
});

test("from a daemon of version 1 remote read has the file printed, so that no shell reads more into its name", async () => {
  hub.answers.agentRemoteRead = new Problem("daemon_lacks");
  const { code, stdout } = await orchestratia("remote", "read", "w1", "it's $(here).md");
  expect([code, stdout]).toEqual([0, "hello\n"]);
  expect(sent("agentRemoteExec")[0]?.body).toMatchObject({ command: `cat -- 'it'\\''s $(here).md'` });
});

test("file send says what the file is, and waits until it has arrived", async () => {
  const path = join(folder, "a.txt");
  writeFileSync(path, "hello");
  const { code, stdout } = await orchestratia("file", "send", path, "--to", "w1");
  expect([code, stdout]).toEqual([0, expect.stringContaining("result.json to w1: completed")]);
  expect(sent("agentSendFile")[0]?.body).toEqual({
    filename: "a.txt",
    file_path: path,
    file_size: 5,
    sha256: createHash("sha256").update("hello").digest("hex"),
    target_session: "w1",
    project_id: "p",
  });
});

test("a file that failed, or is not there in time, is a failure that says what to do", async () => {
  const path = join(folder, "b.txt");
  writeFileSync(path, "hello");
  hub.answers.agentViewFileTransfer = transfer({ status: "failed", error: "Nothing moved." });
  expect(await orchestratia("file", "send", path, "--to", "w1")).toMatchObject({
    code: EXIT.failed,
    stdout: expect.stringContaining("Nothing moved."),
  });
  hub.answers.agentViewFileTransfer = transfer({ status: "transferring" });
  const late = await orchestratia("file", "send", path, "--to", "w1", "--timeout", "0.3", "--json");
  expect([late.code, JSON.parse(late.stdout)]).toEqual([
    EXIT.failed,
    expect.objectContaining({ code: "timeout", error: expect.stringContaining("orchestratia file status 9b1f2c04") }),
  ]);
});

test("file status tells a failure by its exit code", async () => {
  expect(await orchestratia("file", "status", "t")).toMatchObject({ code: 0 });
  hub.answers.agentViewFileTransfer = transfer({ status: "failed", error: "Nothing moved." });
  expect(await orchestratia("file", "status", "t")).toMatchObject({ code: EXIT.failed });
});

test("what is no file, and no number of seconds, is not sent", async () => {
  for (const line of [
    ["file", "send", folder, "--to", "w1"],
    ["file", "send", join(folder, "none"), "--to", "w1"],
    ["remote", "exec", "w1", "true", "--timeout", "soon"],
  ])
    expect([line, (await orchestratia(...line)).code]).toEqual([line, EXIT.failed]);
  expect(hub.received).toEqual([]);
});
