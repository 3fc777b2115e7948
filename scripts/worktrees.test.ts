/** A task in a checkout of its own, verified by a real daemon, through a whole hub. */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { commitFiles, testRepository, userGit } from "../apps/agent/src/testing/test-repository.ts";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as output from "../packages/protocol/src/operations/output.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import * as peopleTasks from "../packages/protocol/src/operations/people-tasks.ts";
import * as workspaces from "../packages/protocol/src/operations/workspaces.ts";

/** Says what it was given, then sits at its prompt. */
const coder = {
  name: "coder",
  command: "env > unfinished && mv unfinished environment && printf 'coder> ' && exec sleep 600",
  prompt: "^coder> ?$",
};

/** A project whose server is a real daemon with one repository, and an agent that sits in it. */
async function openShop(hub: TestHub, settings: Parameters<TestHub["project"]>[0], files: Record<string, string>) {
  const project = await hub.project({ default_agent: "coder", ...settings });
  const { repo } = testRepository({ "README.md": "hello\n", ".gitignore": "environment\nprepared\n", ...files });
  const server = await hub.registerServer(project, { name: "near" });
  const registration = {
    hub_url: hub.url,
    project_id: project.id,
    server_id: server.id,
    name: "near",
    api_key: server.key,
  };
  const daemon = await startTestDaemon(hub.url, {
    registrations: [registration],
    repos: { shop: repo },
    agents: [coder],
    policy: { worktrees: { setup: true } },
  });
  const system = await hub.system();
  const params = { project: project.key };
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.some(({ id, reachable, agents }) => id === server.id && reachable && agents.length > 0);
  });
  return {
    system,
    params,
    repo,
    daemon,
    /** A task that its agent has begun, and the CLI as that agent runs it. */
    async begin() {
      const task = await system.call(peopleTasks.createTask, {
        params,
        body: { title: "Make it", spec: "Write done.txt.", target_repo: "shop" },
      });
      const checkout = path.join(daemon.stateDir, "worktrees", project.id, task.key);
      await until(() => existsSync(path.join(checkout, "environment")));
      const environment = readFileSync(path.join(checkout, "environment"), "utf8");
      const key = /^ORCHESTRATIA_API_KEY=(.*)$/m.exec(environment)?.[1] ?? "";
      const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: key };
      const run = (...argv: string[]) => runInProcess(argv, { env });
      await until(async () => (await run("task", "start", task.key)).code === 0);
      return { task, checkout, run };
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

test("a task is worked on in its own checkout, refused while its verify commands fail, and its diff outlives the checkout", async () => {
  await using hub = await startTestHub();
  const settings = { worktree_per_task: true, verify_commands: ["pwd", "cat done.txt"] };
  const files = { ".orchestratia/setup": "#!/bin/sh\necho ready > prepared\n" };
  await using shop = await openShop(hub, settings, files);
  const { system, params, repo } = shop;
  const { task, checkout, run } = await shop.begin();
  expect(readFileSync(path.join(checkout, "prepared"), "utf8")).toBe("ready\n");
  expect(userGit(checkout, "status", "--porcelain", "--branch")).toBe(`## orc/${task.key}`);

  const refused = await run("task", "complete", task.key, "--result", "made");
  expect(refused.code).toBe(EXIT.invalid);
  expect(refused.stderr).toContain(`The verify command "cat done.txt" of ${task.key} exited with 1`);
  expect(refused.stderr).toContain("No such file");

  await writeFile(path.join(checkout, "done.txt"), "made\n");
  const completed = await run("task", "complete", task.key, "--result", "made");
  expect(completed).toMatchObject({ code: 0, stderr: "" });
  const pieces = await system.call(output.listTaskOutput, { params: { ...params, task: task.key } });
  expect(pieces.output.map(({ content }) => content).join("")).toContain(`$ pwd\n${checkout}\n$ cat done.txt\nmade\n`);
  const ofTask = { params: { ...params, task: task.key } };
  const kept = await system.call(workspaces.viewTaskDiff, ofTask);
  expect(kept).toMatchObject({ source: "completion", branch: `orc/${task.key}`, dirty: true });
  expect(kept.files).toMatchObject([{ path: "done.txt", status: "added", hunks: "@@ -0,0 +1 @@\n+made\n" }]);

  const onServer = { ...params, server: "near" };
  const listed = await system.call(workspaces.listWorktrees, { params: onServer });
  expect(listed.worktrees).toMatchObject([{ task_key: task.key, path: checkout, changed_files: 1, merged: false }]);
  const discard = (force: boolean) =>
    system.call(workspaces.discardWorktree, { params: { ...onServer, task: task.key }, body: { force } });
  await expect(discard(false)).rejects.toMatchObject({ status: 409, detail: expect.stringContaining("1 file") });
  expect(await discard(true)).toEqual({ ok: true });
  expect(existsSync(checkout)).toBe(false);
  expect(userGit(repo, "worktree", "list").split("\n")).toHaveLength(1);
  expect((await system.call(workspaces.viewTaskDiff, ofTask)).files).toHaveLength(1);
});

test("a daemon that is restarted while it verifies loses no completion, and what is merged goes a day after its task ended", async () => {
  await using hub = await startTestHub();
  // Each run is counted; the first one goes on until its daemon does not.
  const verify = "echo >> ../runs; [ $(wc -l < ../runs) -gt 1 ] || sleep 300";
  await using shop = await openShop(hub, { verify_commands: [verify] }, {});
  const { system, params, repo, daemon } = shop;
  const { task, checkout, run } = await shop.begin();
  commitFiles(checkout, { "done.txt": "made\n" }, "Work");
  const completing = run("task", "complete", task.key, "--result", "made");
  await until(() => existsSync(path.join(checkout, "../runs")));
  await daemon.restart();
  expect(await completing).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(path.join(checkout, "../runs"), "utf8")).toBe("\n\n");

  commitFiles(repo, { "README.md": "hello again\n" }, "Meanwhile");
  userGit(repo, "merge", "--quiet", "--squash", `orc/${task.key}`);
  userGit(repo, "commit", "--quiet", "--message", "Squashed");
  const { sessions } = await system.call(people.listSessions, { params });
  for (const { id } of sessions) await system.call(people.closeSession, { params: { ...params, session: id } });
  await until(async () => (await system.call(people.listSessions, { params })).sessions.every(isOver));
  const look = async () => {
    await hub.database.sql.query("update engine.checkouts set looked_at = null");
    await hub.hub.engine.rederive();
    await hub.hub.engine.settled();
  };
  await look();
  expect(existsSync(checkout)).toBe(true);
  await hub.database.sql.query("update tasks set completed_at = now() - interval '25 hours'");
  await until(async () => {
    await look();
    return !existsSync(checkout);
  });
  expect(userGit(repo, "branch", "--list", "orc/*")).toBe("");
  const { activity } = await system.call(people.listActivity, { params });
  expect(
    activity.some(({ event_type, details }) => event_type === "task.worktree_discarded" && details.merged === true),
  ).toBe(true);
});

const isOver = ({ status }: { status: string }) => status === "closed" || status === "error";
