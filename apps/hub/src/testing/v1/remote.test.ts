import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import * as people from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { until } from "../until.ts";
import { V1Cli, V1CliError } from "./v1-cli.ts";
import { sha256 } from "./v1-daemon.ts";
import { V1Stage } from "./v1-stage.ts";

let hub: TestHub;
let stage: V1Stage;

beforeAll(async () => {
  hub = await startTestHub();
  stage = await V1Stage.open(hub);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** Two machines, and a session on the second. */
async function pair() {
  const [from, to] = [await stage.daemon(), await stage.daemon()];
  const session = await stage.session(to, { working_directory: to.options.home });
  return { from, to, session, cli: stage.cli(from) };
}

const refused = async (call: Promise<unknown>): Promise<V1CliError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof V1CliError) return error;
  throw new Error(`no HTTP error came, but ${String(error)}`);
};

async function fileOf(home: string, name: string, bytes: Buffer) {
  const file_path = path.join(home, name);
  await writeFile(file_path, bytes);
  return { filename: name, file_path, file_size: bytes.length, sha256: sha256(bytes) };
}

async function ended(cli: V1Cli, transfer: string) {
  let last = await cli.fileStatus(transfer);
  await until(async () => {
    last = await cli.fileStatus(transfer);
    return last.status === "completed" || last.status === "failed";
  });
  return last;
}

const facts = async (type: string) => {
  const { activity } = await stage.admin.call(people.listActivity, {
    params: stage.params,
    query: { event_type: type, limit: 50 },
  });
  return activity.map(({ details, actor }) => ({ details, actor: actor.name }));
};

test("7.21 a remote command runs in the session's directory, however it is called, and is recorded", async () => {
  const { to, session, cli } = await pair();
  const directory = path.join(to.options.home, 'it\'s a "$(touch never)" folder; echo');
  await mkdir(directory);
  await writeFile(path.join(directory, "a.txt"), "hello");
  to.send({ type: "session_working_dir", session_id: session.id, working_dir: directory });
  await until(async () => (await stage.view(session.id)).working_directory === directory);
  expect(await cli.remoteExec(session.name, "cat a.txt; pwd; exit 3")).toEqual({
    exit_code: 3,
    stdout: `hello${await realpath(directory)}\n`,
    stderr: "",
  });
  // A fact has its place in the log a moment after it was recorded.
  await until(async () => (await facts("remote.executed")).length > 0);
  expect(await facts("remote.executed")).toContainEqual({
    details: { session_name: session.name, command: "cat a.txt; pwd; exit 3" },
    actor: expect.any(String),
  });
});

test("7.21 a command is not run when the session's directory is gone", async () => {
  const { to, session, cli } = await pair();
  to.send({ type: "session_working_dir", session_id: session.id, working_dir: "/no/such/folder" });
  await until(async () => (await stage.view(session.id)).working_directory === "/no/such/folder");
  const result = await cli.remoteExec(session.name, "echo ran");
  expect(result).toMatchObject({ stdout: "", stderr: expect.stringContaining("/no/such/folder") });
  expect(result.exit_code).not.toBe(0);
});

test("7.21 the hub waits no longer than it is told, and not at all for a daemon that went away", async () => {
  const { to, session, cli } = await pair();
  to.answersExec = false;
  const late = await refused(cli.remoteExec(session.name, "sleep 1000", 0.2));
  expect([late.status, late.message]).toEqual([504, expect.stringContaining("did not answer")]);
  const gone = refused(cli.remoteExec(session.name, "sleep 1000", 100));
  await until(() => to.commands.length === 2);
  await to.cut();
  expect((await gone).status).toBe(409);
  expect((await refused(cli.remoteExec(session.name, "id"))).message).toContain("not connected");
});

test("a server runs eight remote commands at once; the ninth is refused", async () => {
  const { to, session, cli } = await pair();
  to.answersExec = false;
  const waiting = Array.from({ length: 8 }, () => refused(cli.remoteExec(session.name, "sleep 1000", 100)));
  await until(() => to.commands.length === 8);
  expect((await refused(cli.remoteExec(session.name, "id"))).message).toContain("8 remote commands");
  await to.cut();
  await Promise.all(waiting);
});

test("an answer from another server than the one that was asked counts for nothing", async () => {
  const { from, to, session, cli } = await pair();
  to.answersExec = false;
  const asked = cli.remoteExec(session.name, "id", 100);
  const { request_id } = await to.next("remote_exec");
  from.send({ type: "remote_exec_result", request_id, exit_code: 0, stdout: "forged", stderr: "" });
  await from.readGrants();
  to.send({ type: "remote_exec_result", request_id, exit_code: 0, stdout: "true", stderr: "" });
  expect((await asked).stdout).toBe("true");
});

test("a worker session may not run commands elsewhere; an orchestrator may", async () => {
  const { to, session } = await pair();
  const token = async (role: "worker" | "orchestrator") => {
    await stage.session(to, { role });
    const frames = to.all("session_start");
    return frames.at(-1)?.session_token ?? "";
  };
  const env = { projectId: stage.project.id };
  const [worker, orchestrator] = [await token("worker"), await token("orchestrator")];
  expect((await refused(new V1Cli(hub.url, worker, env).remoteExec(session.name, "id"))).status).toBe(403);
  expect(await new V1Cli(hub.url, orchestrator, env).remoteExec(session.name, "echo yes")).toMatchObject({
    stdout: "yes\n",
  });
});

test("7.18 a file goes from server to server in order, after it was accepted, and arrives whole", async () => {
  const { from, to, session, cli } = await pair();
  const bytes = randomBytes(3_000_000);
  const file = await fileOf(from.options.home, "data.bin", bytes);
  const { transfer_id } = await cli.sendFile({ ...file, to: session.name });
  expect(await ended(cli, transfer_id)).toMatchObject({
    status: "completed",
    error: null,
    chunks_relayed: 46,
    total_chunks: 46,
    filename: "data.bin",
  });
  const [received] = to.received;
  expect(sha256(await readFile(received?.path ?? ""))).toBe(file.sha256);
  expect(to.frames.map(({ type }) => type).indexOf("file_offer")).toBeGreaterThan(0);
  expect(from.all("file_ack")).toEqual([{ type: "file_ack", transfer_id, sha256_verified: true }]);
  await until(async () => (await facts("file.delivered")).length === 1);
});

test("7.18 an empty file arrives too", async () => {
  const { from, to, session, cli } = await pair();
  const { transfer_id } = await cli.sendFile({
    ...(await fileOf(from.options.home, "empty", Buffer.alloc(0))),
    to: session.name,
  });
  expect((await ended(cli, transfer_id)).status).toBe("completed");
  expect(to.received).toMatchObject([{ filename: "empty", verified: true }]);
});

test("7.18 a receiver that does not read holds nobody up: the file waits on the hub's disk, not in its memory", async () => {
  const { from, to, session, cli } = await pair();
  const bytes = randomBytes(40 * 1024 * 1024);
  const file = await fileOf(from.options.home, "large.bin", bytes);
  const { transfer_id } = await cli.sendFile({ ...file, to: session.name });
  await to.next("file_chunk");
  to.stall();
  // The sender is read to the end meanwhile: what it says behind the file arrives.
  const own = await stage.session(from);
  from.send({ type: "session_working_dir", session_id: own.id, working_dir: "/behind/the/file" });
  const [spooled] = await readdir(path.join(hub.home, "transfers")).then((names) =>
    names.filter((name) => name === transfer_id),
  );
  await until(async () => (await stat(path.join(hub.home, "transfers", spooled ?? ""))).size === bytes.length);
  expect((await cli.fileStatus(transfer_id)).status).toBe("transferring");
  const relayed = (await cli.fileStatus(transfer_id)).chunks_relayed;
  expect(relayed).toBeLessThan(640);
  await until(async () => (await stage.view(own.id)).working_directory === "/behind/the/file");
  to.goOn();
  expect(await ended(cli, transfer_id)).toMatchObject({ status: "completed", chunks_relayed: 640 });
  expect(sha256(await readFile(to.received[0]?.path ?? ""))).toBe(file.sha256);
  await until(async () => !(await readdir(path.join(hub.home, "transfers"))).includes(transfer_id));
});

test("7.18 nothing is asked of the sender before the receiver has accepted", async () => {
  const { from, to, session, cli } = await pair();
  to.acceptsFiles = false;
  const file = await fileOf(from.options.home, "a.txt", Buffer.from("hello"));
  const { transfer_id } = await cli.sendFile({ ...file, to: session.name });
  await to.next("file_offer");
  await from.readGrants();
  expect(from.all("file_send_start")).toEqual([]);
  expect((await cli.fileStatus(transfer_id)).status).toBe("pending");
  from.send({ type: "file_chunk", transfer_id, index: 0, data: "aGVsbG8=", total_chunks: 1 });
  expect(await ended(cli, transfer_id)).toMatchObject({
    status: "failed",
    error: expect.stringContaining("asked for"),
  });
  expect(to.all("file_chunk")).toEqual([]);
});

test.each([
  ["../../.ssh/authorized_keys", "authorized_keys"],
  ["..\\..\\evil.exe", "evil.exe"],
  ["/etc/passwd", "passwd"],
  ["..", "file"],
  ["a\u0007b\u202egnp.exe", "a_b_gnp.exe"],
  ["CON.txt", "_CON.txt"],
  [`${"n".repeat(300)}.tar`, `${"n".repeat(196)}.tar`],
])("7.18 a file called %j arrives as %j", async (name, arrives) => {
  const { from, to, session, cli } = await pair();
  const file = await fileOf(from.options.home, "plain", Buffer.from("x"));
  const { transfer_id } = await cli.sendFile({ ...file, filename: name, to: session.name });
  await ended(cli, transfer_id);
  expect(to.received.map(({ filename }) => filename)).toEqual([arrives]);
});

test("a file that cannot be read, has changed, or whose link breaks fails at both ends and says why", async () => {
  const { from, to, session, cli } = await pair();
  const file = await fileOf(from.options.home, "a.txt", Buffer.from("hello"));
  const send = async (more: object) => {
    const { transfer_id } = await cli.sendFile({ ...file, to: session.name, ...more });
    return ended(cli, transfer_id);
  };
  expect(await send({ file_path: "/no/such/file" })).toMatchObject({
    status: "failed",
    error: expect.stringMatching(/ENOENT/),
  });
  expect(await send({ sha256: "0".repeat(64) })).toMatchObject({
    status: "failed",
    error: expect.stringMatching(/changed/),
  });
  expect(await send({ file_size: 4 })).toMatchObject({ status: "failed", error: expect.stringMatching(/larger/) });
  expect(await send({ file_size: 6 })).toMatchObject({ status: "failed", error: expect.stringMatching(/shorter/) });
  await until(() => to.all("file_error").length === 4);
  to.acceptsFiles = false;
  const { transfer_id } = await cli.sendFile({ ...file, to: session.name });
  await to.cut();
  expect(await ended(cli, transfer_id)).toMatchObject({ status: "failed", error: expect.stringMatching(/link/) });
  await until(() => from.all("file_error").some((frame) => frame.transfer_id === transfer_id));
});

test("a file over 100 MiB is refused, and a fifth at once on one server", async () => {
  const { from, to, session, cli } = await pair();
  to.acceptsFiles = false;
  const file = await fileOf(from.options.home, "a.txt", Buffer.from("hello"));
  expect((await refused(cli.sendFile({ ...file, file_size: 2 ** 30, to: session.name }))).status).toBe(413);
  for (let n = 0; n < 4; n += 1) await cli.sendFile({ ...file, to: session.name });
  expect((await refused(cli.sendFile({ ...file, to: session.name }))).status).toBe(409);
});

test("nobody sees another project's transfer", async () => {
  const { from, session, cli } = await pair();
  const file = await fileOf(from.options.home, "a.txt", Buffer.from("hello"));
  const { transfer_id } = await cli.sendFile({ ...file, to: session.name });
  const foreign = await V1Stage.open(hub);
  const theirs = foreign.cli(await foreign.daemon());
  expect((await refused(theirs.fileStatus(transfer_id))).status).toBe(404);
  expect((await refused(theirs.fileStatus("no-id"))).status).toBe(404);
  await foreign[Symbol.asyncDispose]();
});
