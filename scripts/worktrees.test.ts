/** A task in a checkout of its own, verified by a real daemon, through a whole hub. */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { testRepository, userGit } from "../apps/agent/src/testing/test-repository.ts";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
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

test("a task is worked on in its own checkout, refused while its verify commands fail, and its diff outlives the checkout", async () => {
  await using hub = await startTestHub();
  const project = await hub.project({
    worktree_per_task: true,
    default_agent: "coder",
    verify_commands: ["pwd", "cat done.txt"],
  });
  const { repo } = testRepository({
    "README.md": "hello\n",
    ".gitignore": "environment\nprepared\n",
    ".orchestratia/setup": "#!/bin/sh\necho ready > prepared\n",
  });
  const server = await hub.registerServer(project, { name: "near" });
  const registration = {
    hub_url: hub.url,
    project_id: project.id,
    server_id: server.id,
    name: "near",
    api_key: server.key,
  };
  await using daemon = await startTestDaemon(hub.url, {
    registrations: [registration],
    repos: { shop: repo },
    agents: [coder],
    worktrees: { setup: true },
  });
  const system = await hub.system();
  const params = { project: project.key };
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.some(({ id, reachable, agents }) => id === server.id && reachable && agents.length > 0);
  });

  const task = await system.call(peopleTasks.createTask, {
    params,
    body: { title: "Make it", spec: "Write done.txt.", target_repo: "shop" },
  });
  const checkout = path.join(daemon.stateDir, "worktrees", project.id, task.key);
  await until(() => existsSync(path.join(checkout, "environment")));
  expect(readFileSync(path.join(checkout, "prepared"), "utf8")).toBe("ready\n");
  expect(userGit(checkout, "status", "--porcelain", "--branch")).toBe(`## orc/${task.key}`);
  const given = (variable: string) =>
    readFileSync(path.join(checkout, "environment"), "utf8")
      .split("\n")
      .find((line) => line.startsWith(`${variable}=`))
      ?.split("=", 2)[1] ?? "";
  const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: given("ORCHESTRATIA_API_KEY") };
  const run = (...argv: string[]) => runInProcess(argv, { env });
  await until(async () => (await run("task", "start", task.key)).code === 0);

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
