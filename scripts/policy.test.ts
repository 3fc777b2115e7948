/** What a machine's owner says in policy.yaml, and how whoever asks hears of it. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { policyPath } from "../apps/agent/src/policy/policy.ts";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";
import { type Machine, startMachine } from "./testing/remote-machine.ts";

let hub: TestHub;
let project: { id: string; key: string };
let asking: Machine;
let asked: Machine;

beforeAll(async () => {
  hub = await startTestHub();
  project = await hub.project();
  asking = await startMachine({ hub, project, name: "asking" });
  asked = await startMachine({ hub, project, name: "asked", policy: { remote: { read: true } } });
});
afterAll(async () => {
  await asking?.[Symbol.asyncDispose]();
  await asked?.[Symbol.asyncDispose]();
  await hub?.[Symbol.asyncDispose]();
});

/** The policy is another one from when the daemon does as it says; its hub hears of that with the next heartbeat only. */
const say = (policy: string) => writeFile(policyPath(asked.daemon.configPath), policy);

const refusal = (words: string, member: string) => `Error: ${words}: ${member} in its policy.yaml does not allow it.\n`;

test("files may be read where commands may not be run, and only within the session's directory", async () => {
  await writeFile(path.join(asked.repo, "readme.txt"), "x".repeat(600_000));
  const read = await asking.run("remote", "read", asked.session, "readme.txt");
  expect([read.code, read.stdout.length]).toEqual([0, 600_000]);
  expect(await asking.run("remote", "exec", asked.session, "true")).toMatchObject({
    code: EXIT.forbidden,
    stderr: refusal("asked runs no remote commands", "remote.exec"),
  });
  await symlink("/etc/passwd", path.join(asked.repo, "link"));
  for (const file of ["/etc/passwd", "../../etc/passwd", "link", ".", "missing", "~/.bashrc"]) {
    const { code, stdout, stderr } = await asking.run("remote", "read", asked.session, file);
    expect([file, code, stdout, stderr]).toEqual([
      file,
      EXIT.conflict,
      "",
      `Error: There is no file ${file} in the session's directory that may be read. Of the home folder itself none may.\n`,
    ]);
  }
  await mkdir(path.join(asked.repo, "folder"));
  expect(await asking.run("remote", "read", asked.session, "folder")).toMatchObject({ code: EXIT.conflict });
});

test("each switch is kept to by the machine itself, and the asker hears which one it was", async () => {
  await writeFile(path.join(asking.repo, "a.txt"), "hello");
  await writeFile(path.join(asked.repo, "b.txt"), "hello");
  const send = async (from: Machine, file: string, to: Machine) => {
    const line = ["file", "send", path.join(from.repo, file), "--to", to.session, "--overwrite"];
    const { code, stdout, stderr } = await from.run(...line);
    return { code, said: stdout + stderr };
  };
  // The machine refuses it before the hub knows, and the hub from the next heartbeat on.
  const refuses = (words: string, member: string) =>
    new RegExp(`(This machine|asked) ${words}: ${member} in its policy\\.yaml does not allow it\\.`);

  await say("remote: { read: false }\nfiles: { in: false }\n");
  await until(async () => (await asking.run("remote", "read", asked.session, "b.txt")).code === EXIT.forbidden);
  const read = await asking.run("remote", "read", asked.session, "b.txt");
  expect([read.stdout, read.stderr]).toEqual([
    "",
    expect.stringMatching(refuses("lets nobody read its files", "remote\\.read")),
  ]);
  const into = await send(asking, "a.txt", asked);
  expect(into.code).not.toBe(0);
  expect(into.said).toMatch(refuses("takes no files", "files\\.in"));
  expect((await send(asked, "b.txt", asking)).code).toBe(0);

  await say("files: { folders: [] }\n");
  await until(async () => (await send(asked, "b.txt", asking)).said.includes("files.folders in its policy.yaml"));

  await say("files: { out: false }\n");
  await until(async () => refuses("sends no files", "files\\.out").test((await send(asked, "b.txt", asking)).said));
});

test("sessions: which agents and which folders, or none at all", async () => {
  const server = await hub.registerServer(project, { name: "few" });
  const registration = { hub_url: hub.url, project_id: project.id, server_id: server.id, name: "few" };
  const agents = ["one", "other"].map((name) => ({ name, command: "exec sleep 600" }));
  await using daemon = await startTestDaemon(hub.url, {
    registrations: [{ ...registration, api_key: server.key }],
    agents,
    policy: { sessions: { agents: ["one"], folders: [asked.repo] } },
  });
  const system = await hub.system();
  const params = { project: project.key };
  const found = async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.find(({ id }) => id === server.id);
  };
  await until(async () => (await found())?.agents.length === 1);
  const start = (agent: string, working_directory: string) => {
    const body = { server_id: server.id as ServerId, agent, working_directory };
    return system.call(people.createSession, { params, body });
  };
  const became = async ({ id }: { id: string }, wanted: string) => {
    const look = async () => (await system.call(people.listSessions, { params })).sessions.find((one) => one.id === id);
    await until(async () => (await look())?.status === wanted);
    return look();
  };
  await became(await start("one", asked.repo), "active");
  const refused = await start("one", "/");
  await until(async () => {
    const [row] = await hub.database.sql.query<{ error: string | null }>("select error from sessions where id = $1", [
      refused.id,
    ]);
    return (
      row?.error === "This machine starts no sessions in /: sessions.folders in its policy.yaml does not allow it."
    );
  });
  await expect(start("other", asked.repo)).rejects.toMatchObject({ code: "agent_unknown" });

  await daemon.restart(() => writeFile(policyPath(daemon.configPath), "sessions: { start: false }\n"));
  await until(async () => (await found())?.capabilities.remote?.includes("sessions") === false);
  await expect(start("one", asked.repo)).rejects.toMatchObject({
    code: "refused_by_policy",
    document: { policy: "sessions.start", status: 403 },
  });

  const broken = daemon.restart(() => writeFile(policyPath(daemon.configPath), "files:\n  in: false\n  uot: false\n"));
  await expect(broken).rejects.toThrow(/policy\.yaml, line 3: files\.uot/);
  await daemon.restart(() => writeFile(policyPath(daemon.configPath), ""));
});
