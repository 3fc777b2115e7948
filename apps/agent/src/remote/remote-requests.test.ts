import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILE_CHUNK_BYTES } from "@orchestratia/protocol/remote";
import { EXEC_PIECES_IN_FLIGHT } from "@orchestratia/protocol/remote-frames";
import { afterAll, expect, test } from "vitest";
import type { z } from "zod";
import { type Policy, policyPath } from "../policy/policy.ts";
import { fakeServer, startFakeHub } from "../testing/fake-hub.ts";
import { startTestDaemon } from "../testing/test-daemon.ts";
import { waitFor } from "../testing/wait.ts";

const repo = mkdtempSync(join(tmpdir(), "orc-repo-"));
afterAll(() => rmSync(repo, { recursive: true }));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A daemon that serves what its policy says, linked to a hub that the test speaks for. */
async function linked(policy: z.input<typeof Policy> = {}) {
  const hub = await startFakeHub();
  const daemon = await startTestDaemon(hub.url, { repos: { demo: repo }, policy });
  await hub.linked();
  await waitFor(() => hub.heartbeats.length > 0);
  const transfers = join(daemon.stateDir, "transfers", fakeServer.project_id);
  return {
    hub,
    daemon,
    transfers,
    arrived: () => readdirSync(transfers),
    /** Runs a command as the hub would ask for it. */
    async exec(command: string) {
      const request_id = randomUUID();
      hub.send({ type: "remote_exec", request_id, command });
      return waitFor(() => hub.of("remote_exec_result").find((frame) => frame.request_id === request_id));
    },
    /** Offers a file; resolves when the daemon has taken or refused it. */
    async offer(bytes: Buffer, more: { filename?: string; sha256?: string; file_size?: number } = {}) {
      const transfer_id = randomUUID();
      const offer = { filename: "a.bin", file_size: bytes.length, sha256: sha256(bytes), ...more };
      hub.send({ type: "file_offer", transfer_id, sender_session: "w1", ...offer });
      const answer = await waitFor(() => [...hub.of("file_accept"), ...hub.of("file_error")].find(isOf(transfer_id)));
      return { transfer_id, answer };
    },
    piece: (transfer_id: string, index: number, bytes: Buffer) =>
      hub.send({ type: "file_chunk", transfer_id, index, data: bytes.toString("base64"), total_chunks: 1 }),
    complete: (transfer_id: string, bytes: Buffer) =>
      hub.send({ type: "file_complete", transfer_id, total_chunks: 1, sha256: sha256(bytes) }),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
      expect(hub.mistakes).toEqual([]);
    },
  };
}

const isOf =
  (transferId: string) =>
  (frame: { transfer_id: string }): boolean =>
    frame.transfer_id === transferId;

test("commands run where the policy allows it, four at once, and none sees the server's key", async () => {
  await using link = await linked({ remote: { exec: true } });
  expect(link.hub.heartbeats.at(-1)?.capabilities?.remote).toEqual([
    "sessions",
    "exec",
    "read",
    "files.in",
    "files.out",
  ]);
  expect(await link.exec("echo out; echo bad >&2; exit 3")).toMatchObject({
    exit_code: 3,
    stdout: "out\n",
    stderr: "bad\n",
  });
  expect((await link.exec("env")).stdout).not.toMatch(/orc_|ORCHESTRATIA_/);

  const gate = join(repo, "gate");
  const held = [1, 2, 3, 4].map(() => link.exec(`while [ ! -e '${gate}' ]; do sleep 0.05; done; echo through`));
  expect(await link.exec("echo fifth")).toMatchObject({
    exit_code: -1,
    stdout: "",
    stderr: expect.stringContaining("runs 4 remote commands already"),
  });
  writeFileSync(gate, "");
  expect((await Promise.all(held)).map(({ stdout }) => stdout)).toEqual(Array(4).fill("through\n"));
  expect(await link.exec("echo sixth")).toMatchObject({ exit_code: 0 });
});

test("what a command prints comes as it comes where the hub asks for it, and the end behind it", async () => {
  await using link = await linked({ remote: { exec: true } });
  const gate = join(repo, "seen");
  const command = `echo first; until [ -e '${gate}' ]; do sleep 0.02; done; echo last >&2; exit 3`;
  link.hub.send({ type: "remote_exec", request_id: "r1", command, stream: true });
  const piece = { type: "remote_exec_output", request_id: "r1" };
  await waitFor(() => link.hub.of("remote_exec_output").length === 1);
  expect(link.hub.of("remote_exec_output")).toEqual([{ ...piece, stream: "stdout", content: "first\n" }]);
  writeFileSync(gate, "");
  expect(await waitFor(() => link.hub.of("remote_exec_result")[0])).toMatchObject({ exit_code: 3, stdout: "" });
  expect(link.hub.frames.slice(-2)).toEqual([
    { ...piece, stream: "stderr", content: "last\n" },
    { type: "remote_exec_result", request_id: "r1", exit_code: 3, stdout: "", stderr: "" },
  ]);
});

test("no more pieces come than the hub has room for, and the others as it hands them on", async () => {
  await using link = await linked({ remote: { exec: true } });
  const pieces = () => link.hub.of("remote_exec_output");
  link.hub.send({ type: "remote_exec", request_id: "r1", command: "head -c 500000 /dev/zero", stream: true });
  await waitFor(() => pieces().length === EXEC_PIECES_IN_FLIGHT);
  // Whatever else it says goes past what waits.
  await link.exec("echo here");
  expect(pieces()).toHaveLength(EXEC_PIECES_IN_FLIGHT);
  link.hub.send({ type: "remote_exec_taken", request_id: "r1", pieces: 1 });
  await waitFor(() => pieces().length === EXEC_PIECES_IN_FLIGHT + 1);
  link.hub.send({ type: "remote_exec_cancel", request_id: "r1" });
  const ended = () => link.hub.of("remote_exec_result").find(({ request_id }) => request_id === "r1");
  expect(await waitFor(ended)).toMatchObject({ exit_code: -1, stderr: "[orchestratia] It was cancelled.\n" });
  expect(pieces()).toHaveLength(EXEC_PIECES_IN_FLIGHT + 1);
});

test("a command whose link breaks goes on, though nobody reads what it prints", async () => {
  await using link = await linked({ remote: { exec: true } });
  const proof = join(repo, "went-on");
  const command = `head -c 500000 /dev/zero; echo > '${proof}'`;
  link.hub.send({ type: "remote_exec", request_id: "r1", command, stream: true });
  await waitFor(() => link.hub.of("remote_exec_output").length === EXEC_PIECES_IN_FLIGHT);
  expect(readdirSync(repo)).not.toContain("went-on");
  link.hub.cut();
  await waitFor(() => readdirSync(repo).includes("went-on"));
});

test("without a policy no command runs; a change is taken up without a restart", async () => {
  await using link = await linked();
  expect(link.hub.heartbeats.at(-1)?.capabilities?.remote).toEqual(["sessions", "files.in", "files.out"]);
  const proof = join(repo, "must-not-exist");
  expect(await link.exec(`touch '${proof}'`)).toMatchObject({
    exit_code: -1,
    stderr: expect.stringContaining("remote.exec in its policy.yaml does not allow it"),
  });
  expect(readdirSync(repo)).not.toContain("must-not-exist");
  writeFileSync(policyPath(link.daemon.configPath), "remote: { exec: true }\n");
  await waitFor(async () => (await link.exec("true")).exit_code === 0);
});

test("a file goes out in pieces of 64 KiB, in order, with its SHA-256 at the end", async () => {
  const bytes = randomBytes(3 * FILE_CHUNK_BYTES + 17);
  writeFileSync(join(repo, "big.bin"), bytes);
  await using link = await linked();
  link.hub.send({ type: "file_send_start", transfer_id: "t1", file_path: join(repo, "big.bin") });
  await waitFor(() => link.hub.of("file_complete")[0]);
  const chunks = link.hub.of("file_chunk");
  expect(chunks.map(({ index, total_chunks }) => [index, total_chunks])).toEqual([0, 1, 2, 3].map((i) => [i, 4]));
  expect(Buffer.concat(chunks.map(({ data }) => Buffer.from(data, "base64"))).equals(bytes)).toBe(true);
  expect(link.hub.of("file_complete")).toEqual([
    { type: "file_complete", transfer_id: "t1", total_chunks: 4, sha256: sha256(bytes) },
  ]);
});

test("an empty file has no pieces, and a file outside the folders is refused in words", async () => {
  writeFileSync(join(repo, "empty"), "");
  await using link = await linked();
  link.hub.send({ type: "file_send_start", transfer_id: "t1", file_path: join(repo, "empty") });
  expect(await waitFor(() => link.hub.of("file_complete")[0])).toMatchObject({ total_chunks: 0 });
  link.hub.send({ type: "file_send_start", transfer_id: "t2", file_path: link.daemon.configPath });
  link.hub.send({ type: "file_send_start", transfer_id: "t3", file_path: `${repo}/../etc/passwd` });
  await waitFor(() => link.hub.of("file_error").length === 2);
  expect(link.hub.of("file_error").map(({ error }) => error)).toEqual(
    Array(2).fill(expect.stringContaining("in the folders that this machine sends from")),
  );
  expect(link.hub.of("file_chunk")).toEqual([]);
});

test("a file that comes is kept under its plain name; damaged, it is not", async () => {
  await using link = await linked();
  const bytes = Buffer.from("hello");
  const { transfer_id } = await link.offer(bytes);
  link.piece(transfer_id, 0, bytes);
  link.complete(transfer_id, bytes);
  expect(await waitFor(() => link.hub.of("file_ack")[0])).toMatchObject({ transfer_id, sha256_verified: true });
  expect(link.arrived()).toEqual(["a.bin"]);
  expect(readFileSync(join(link.transfers, "a.bin"), "utf8")).toBe("hello");

  const damaged = await link.offer(bytes);
  link.piece(damaged.transfer_id, 0, Buffer.from("HELLO"));
  link.complete(damaged.transfer_id, bytes);
  expect(await waitFor(() => link.hub.of("file_ack")[1])).toMatchObject({ sha256_verified: false });
  expect(link.arrived()).toEqual(["a.bin"]);
});

test("names that are paths, sizes beyond the limit and a fifth at once are refused, and leave nothing", async () => {
  await using link = await linked();
  const bytes = Buffer.from("hello");
  mkdirSync(link.transfers, { recursive: true });
  const refusals: [object, string][] = [
    [{ filename: "../../evil" }, "not a plain name"],
    [{ filename: "/etc/evil" }, "not a plain name"],
    [{ file_size: 101 * 1024 * 1024 }, "larger than any that is relayed"],
  ];
  for (const [more, error] of refusals) {
    const { answer } = await link.offer(bytes, more);
    expect(answer).toMatchObject({ type: "file_error", error: expect.stringContaining(error) });
  }
  for (let one = 0; one < 4; one += 1) expect((await link.offer(bytes)).answer.type).toBe("file_accept");
  expect((await link.offer(bytes)).answer).toMatchObject({ error: "This machine takes 4 files already." });

  link.hub.cut();
  await waitFor(() => link.arrived().length === 0);
});

test("a transfer that failed elsewhere is forgotten, and so are pieces that nobody asked for", async () => {
  await using link = await linked();
  const bytes = Buffer.from("hello");
  const { transfer_id } = await link.offer(bytes);
  link.piece(transfer_id, 0, bytes);
  link.hub.send({ type: "file_error", transfer_id, error: "The sender went away." });
  link.piece(transfer_id, 1, bytes);
  link.complete(transfer_id, bytes);
  const next = await link.offer(bytes);
  link.piece(next.transfer_id, 0, bytes);
  link.complete(next.transfer_id, bytes);
  await waitFor(() => link.hub.of("file_ack")[0]);
  expect(link.arrived()).toEqual(["a.bin"]);
  expect(link.hub.of("file_error")).toEqual([]);
});

test("where files are switched off, none is sent and none is taken", async () => {
  writeFileSync(join(repo, "a"), "hello");
  await using link = await linked({ files: { in: false, out: false } });
  expect(link.hub.heartbeats.at(-1)?.capabilities?.remote).toEqual(["sessions"]);
  const { answer } = await link.offer(Buffer.from("hello"));
  expect(answer).toMatchObject({
    error: "This machine takes no files: files.in in its policy.yaml does not allow it.",
    policy: "files.in",
  });
  link.hub.send({ type: "file_send_start", transfer_id: "t1", file_path: join(repo, "a") });
  expect(await waitFor(() => link.hub.of("file_error").find(isOf("t1")))).toMatchObject({
    error: "This machine sends no files: files.out in its policy.yaml does not allow it.",
    policy: "files.out",
  });
});

test("news of approval rules costs nothing: the link goes on", async () => {
  await using link = await linked({ remote: { exec: true } });
  link.hub.send({ type: "approval_rules_updated" });
  link.hub.send({ type: "file_ack", transfer_id: "t1", sha256_verified: true });
  expect(await link.exec("echo here")).toMatchObject({ stdout: "here\n" });
});
