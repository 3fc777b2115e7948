/** `orchestratia session attach` on the machine of the session: with a real holder, and with neither hub nor daemon. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { ADMIN, startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

interface Pty {
  write(text: string): void;
  resize(cols: number, rows: number): void;
  kill(): void;
  onData(listener: (text: string) => void): void;
  onExit(listener: (exit: { exitCode: number }) => void): void;
}
const require = createRequire(new URL("../apps/agent/package.json", import.meta.url));
const { spawn } = require("node-pty") as { spawn(file: string, args: string[], options: object): Pty };
const main = fileURLToPath(new URL("../apps/cli/src/main.ts", import.meta.url));
const plain = { name: "plain", command: "PS1='$ ' exec sh -i" };

/** Somebody at a terminal of 100 by 30 who types the line. */
function person(home: string, ...argv: string[]) {
  const line = ["--import", "tsx", "--conditions=development", main, "session", "attach", ...argv];
  const env = { PATH: process.env.PATH, ORCHESTRATIA_HOME: home, TERM: "xterm-256color" };
  const pty = spawn(process.execPath, line, { cols: 100, rows: 30, env });
  let shown = "";
  pty.onData((text) => {
    shown += text;
  });
  const exited = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  return {
    pty,
    exited,
    get shown() {
      return shown;
    },
    sees: (text: string) =>
      until(() => shown.includes(text)).catch(() => {
        throw new Error(`"${text}" is not in:\n${shown}`);
      }),
    [Symbol.dispose]: () => pty.kill(),
  };
}

test("on its own machine a session is driven without the hub, and without the daemon too", {
  timeout: 120_000,
}, async () => {
  const home = await mkdtemp(path.join(tmpdir(), "orchestratia-attach-"));
  const hub = await startTestHub();
  await hub.admin();
  const project = await hub.project();
  const server = await hub.registerServer(project, { name: "box" });
  const registration = { hub_url: hub.url, project_id: project.id, server_id: server.id, name: "box" };
  await using daemon = await startTestDaemon(hub.url, {
    registrations: [{ ...registration, api_key: server.key }],
    agents: [plain],
  });
  await symlink(daemon.stateDir, path.join(home, "agent"));
  const line = ["login", "--hub", hub.url, "--email", ADMIN.email, "--password-stdin"];
  await runInProcess(line, { env: { ORCHESTRATIA_HOME: home }, stdin: `${ADMIN.password}\n` });
  const system = await hub.system();
  const params = { project: project.key };
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.some(({ id, reachable, agents }) => id === server.id && reachable && agents.length > 0);
  });
  const body = { server_id: server.id as ServerId, agent: "plain", name: "api-worker" };
  const { id } = await system.call(people.createSession, { params, body });
  await until(() => daemon.record(id)?.name === "api-worker");

  const named = ["api-worker", "--project", project.key];
  {
    using far = person(home, ...named);
    await far.sees("api-worker: you type; Ctrl-]");
    far.pty.write("me=same-$((40+2)); echo $me\r");
    await far.sees("same-42");
    using near = person(home, ...named, "--local");
    await near.sees("you type, on this machine");
    await near.sees("same-42");
    near.pty.write("echo both-$((1+1))\r");
    await Promise.all([near.sees("both-2"), far.sees("both-2")]);
    near.pty.write("\x1d\x1d");
    expect(await near.exited).toBe(0);
  }

  await hub[Symbol.asyncDispose]();
  {
    using doubtful = person(home, ...named);
    await doubtful.sees("Attach to it? [y/N] ");
    doubtful.pty.write("\r");
    expect(await doubtful.exited).not.toBe(0);
    expect(doubtful.shown).not.toContain("both-2");
    using near = person(home, ...named);
    await near.sees(`api-worker of the project ${project.id} works in `);
    near.pty.write("y\r");
    await near.sees("both-2");
    near.pty.write("echo $me again; stty size\r");
    await near.sees("same-42 again");
    await near.sees("30 100");
    near.pty.resize(90, 20);
    await until(() => daemon.record(id)?.cols === 90);
    near.pty.write("\x1d\x1d");
    await near.sees("api-worker: detached; it goes on.");
    expect(await near.exited).toBe(0);
  }
  await daemon.restart(async () => {
    using watcher = person(home, id, "--local", "--watch");
    await watcher.sees("on this machine; Ctrl-]");
    await watcher.sees("same-42 again");
    watcher.pty.write("echo not-$((3+3))\r");
    using near = person(home, "api-worker", "--local", "--state-dir", daemon.stateDir);
    await near.sees("you type, on this machine");
    near.pty.write("echo typed-$((4+4)); exit 7\r");
    await near.sees("typed-8");
    await near.sees("api-worker: ended with exit code 7.");
    await watcher.sees("api-worker: ended with exit code 7.");
    expect(await watcher.exited).toBe(0);
    expect(watcher.shown).not.toContain("not-6");
  });
  using nobody = person(home, "nobody", "--local");
  await nobody.sees("No live session on this machine is called nobody");
  expect(await nobody.exited).toBe(6);
  await rm(home, { recursive: true, force: true });
});
