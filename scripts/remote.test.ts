/** Remote commands and files between two real daemons, through a whole hub, in the words of the command line. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

type Machine = Awaited<ReturnType<typeof startMachine>>;

let hub: TestHub;
let project: { id: string; key: string };
let near: Machine;
let far: Machine;
let closed: Machine;

beforeAll(async () => {
  hub = await startTestHub();
  project = await hub.project();
  near = await startMachine("near", {});
  far = await startMachine("far", { exec: true });
  closed = await startMachine("closed", { files: false });
});
afterAll(async () => {
  for (const machine of [near, far, closed]) await machine?.[Symbol.asyncDispose]();
  await hub?.[Symbol.asyncDispose]();
});

/** A session's token is given to the session alone, so it is the session that says it. */
const noting = { name: "noting", command: "env > unfinished && mv unfinished environment && exec sleep 600" };

/** A daemon with one session that works in a repository of its own. */
async function startMachine(name: string, remote: Record<string, unknown>) {
  const server = await hub.registerServer(project, { name });
  const repo = await realpath(await mkdtemp(path.join(tmpdir(), `orchestratia-${name}-`)));
  const registration = { hub_url: hub.url, project_id: project.id, server_id: server.id, name, api_key: server.key };
  const daemon = await startTestDaemon(hub.url, {
    registrations: [registration],
    repos: { demo: repo },
    agents: [noting],
    remote,
  });
  const system = await hub.system();
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params: { project: project.key } });
    const found = servers.find(({ id }) => id === server.id);
    return found?.reachable === true && found.agents.length > 0;
  });
  const session = await system.call(people.createSession, {
    params: { project: project.key },
    body: {
      server_id: server.id as ServerId,
      name: `at-${name}`,
      agent: "noting",
      role: "orchestrator",
      working_directory: repo,
    },
  });
  await until(async () => {
    const { sessions } = await system.call(people.listSessions, { params: { project: project.key } });
    return sessions.some(({ id, status }) => id === session.id && status === "active");
  });
  const noted = path.join(repo, "environment");
  await until(async () => (await readdir(repo)).includes("environment"));
  const lines = (await readFile(noted, "utf8")).split("\n");
  const given = (variable: string) => lines.find((line) => line.startsWith(`${variable}=`))?.split("=", 2)[1] ?? "";
  const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: given("ORCHESTRATIA_API_KEY") };
  return {
    repo,
    daemon,
    session: session.name,
    transfers: given("ORCHESTRATIA_TRANSFER_DIR"),
    /** Runs the command line in this machine's session. */
    run: (...argv: string[]) => runInProcess(argv, { env }),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await rm(repo, { recursive: true, force: true });
    },
  };
}

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

test("a machine whose owner has not allowed commands runs none", async () => {
  const { code, stdout, stderr } = await far.run("remote", "exec", near.session, "touch ran");
  expect([code, stdout, stderr]).toEqual([
    EXIT.conflict,
    "",
    "Error: near runs no remote commands: remote.exec in its agent.yaml is not true.\n",
  ]);
  expect(await readdir(near.repo)).not.toContain("ran");
});

test("a file of 5 MB comes whole, private, and the second of its name beside the first", async () => {
  const bytes = randomBytes(5_000_000);
  await writeFile(path.join(near.repo, "data.bin"), bytes);
  const sent = await near.run("file", "send", path.join(near.repo, "data.bin"), "--to", far.session, "--json");
  expect([sent.code, JSON.parse(sent.stdout)]).toEqual([
    0,
    expect.objectContaining({ status: "completed", file_size: bytes.length, chunks_relayed: 77, total_chunks: 77 }),
  ]);
  const arrived = path.join(far.transfers, "data.bin");
  const hash = createHash("sha256")
    .update(await readFile(arrived))
    .digest("hex");
  expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect([(await stat(arrived)).mode & 0o777, (await stat(far.transfers)).mode & 0o777]).toEqual([0o600, 0o700]);

  const status = await near.run("file", "status", JSON.parse(sent.stdout).transfer_id);
  expect([status.code, status.stdout]).toEqual([0, expect.stringContaining("completed")]);

  // What arrived may be sent on, and what is there is never replaced.
  expect(await far.run("file", "send", arrived, "--to", far.session)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("completed"),
  });
  expect((await readdir(far.transfers)).sort()).toEqual(["data-2.bin", "data.bin"]);
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
  expect((await readdir(far.transfers)).sort()).toEqual(["data-2.bin", "data.bin"]);
});

test("a name that climbs out of the folder arrives as a plain one inside it", async () => {
  const folder = path.join(near.repo, "...");
  await mkdir(folder);
  await writeFile(path.join(folder, "..\\..\\evil.txt"), "hello");
  const { code } = await near.run("file", "send", path.join(folder, "..\\..\\evil.txt"), "--to", far.session);
  expect(code).toBe(0);
  expect(await readdir(far.transfers)).toContain("evil.txt");
});

test("a machine whose owner has switched files off sends and takes none", async () => {
  await writeFile(path.join(closed.repo, "a.txt"), "hello");
  const refusal = "Error: closed relays no files: remote.files in its agent.yaml is not true.\n";
  const out = await closed.run("file", "send", path.join(closed.repo, "a.txt"), "--to", far.session);
  expect([out.code, out.stderr]).toEqual([EXIT.conflict, refusal]);
  const into = await near.run("file", "send", path.join(near.repo, "data.bin"), "--to", closed.session);
  expect([into.code, into.stderr]).toEqual([EXIT.conflict, refusal]);
});
