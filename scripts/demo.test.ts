import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LocalHub } from "./local-hub.mjs";
import { Home, Instance } from "./testing/instance.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const execute = promisify(execFile);

interface Shown {
  ms: number;
  tasks: {
    key: string;
    title: string;
    status: string;
    resolved_inputs: Record<string, unknown>;
    result: { contracts: Record<string, { version: string }>; tests: { passed: number; failed: number } };
  }[];
}

interface Where {
  folder: string;
  port: number;
}

/** `npm run demo` in a second terminal. */
async function npmRunDemo({ folder, port }: Where, ...words: string[]) {
  const env = { ...process.env, ORCHESTRATIA_HOME: folder, PORT: String(port), HOST: "" };
  const options = { cwd: root, env, maxBuffer: 16 * 1024 * 1024 };
  return execute("npm", ["run", "--silent", "demo", "--", ...words], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: Number(code), stdout: String(stdout), stderr: String(stderr) }),
  );
}

async function demoAsJson(where: Where): Promise<Shown> {
  const { code, stdout, stderr } = await npmRunDemo(where, "--json");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const apiOf = ({ tasks }: Shown) => tasks[0]?.result.contracts.api_schema;

describe("the demo, on an instance that nobody has set up yet", () => {
  let home: Home;
  let instance: Instance;
  const where = () => ({ folder: home.folder, port: instance.port });
  const hub = () => LocalHub.withToken(instance.url, home.localToken);
  const git = async (...words: string[]) =>
    (await execute("git", ["-C", join(home.folder, "demo/repo"), ...words])).stdout.trim();
  const keysOf = async (status: string) => {
    const { tasks } = await hub().get(`/projects/DEMO/tasks?status=${status}`);
    return tasks.map(({ key }: { key: string }) => key);
  };

  beforeAll(async () => {
    home = await Home.make();
    instance = await Instance.start(home);
  });
  afterAll(async () => {
    await instance?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  test("three tasks go to done within 20 s, each input being what the task before delivered", async () => {
    const run = await demoAsJson(where());
    expect(run.ms).toBeLessThan(20_000);
    expect(Object.keys(run)).toEqual(["ms", "tasks"]);
    expect(run.tasks.map(({ key, title, status }) => [key, title, status])).toEqual([
      ["DEMO-1", "Design the API", "done"],
      ["DEMO-2", "Build the client", "done"],
      ["DEMO-3", "Write the docs", "done"],
    ]);
    for (const task of run.tasks) {
      expect(Object.keys(task)).toEqual(["key", "title", "status", "resolved_inputs", "result"]);
    }
    expect(run.tasks.map(({ resolved_inputs }) => resolved_inputs)).toEqual([{}, { api_schema: apiOf(run) }, {}]);
    expect(apiOf(run)).toMatchObject({ name: "Bookshelf", version: "1.0" });
    expect(run.tasks[1]?.result.tests).toEqual({ passed: 4, failed: 0, skipped: 0 });
  });

  test("the work is in the repository: three commits, and a client that passes its tests", async () => {
    expect((await git("log", "--reverse", "--format=%s")).split("\n")).toEqual([
      "Begin",
      "Describe the API, version 1.0",
      "Generate the client of Bookshelf 1.0",
      "Document Bookshelf 1.0",
    ]);
    expect(await git("status", "--porcelain")).toBe("");
    await execute(process.execPath, ["--test", join(home.folder, "demo/repo/client/client.test.mjs")]);
  });

  test("without --json it tells the story, what the terminals print included; whoever comes second watches the same run", async () => {
    const [told, other] = await Promise.all([npmRunDemo(where()), demoAsJson(where())]);
    expect(told.code).toBe(0);
    expect(told.stdout).toContain("DEMO-4    Design the API: done");
    expect(told.stdout).toContain("DEMO-4  │ api/schema.json says 1.0; the next one is 1.1.");
    expect(told.stdout).toContain("DEMO-5  │   ✓ listBooks sends GET /books");
    expect(told.stdout).toContain("DEMO-6  │ ✓ DEMO-6 is done");
    expect(told.stdout).toMatch(/All 3 tasks are done, in \d+\.\d s/);
    expect(other.tasks.map(({ key }) => key)).toEqual(["DEMO-4", "DEMO-5", "DEMO-6"]);
    expect(apiOf(other)).toMatchObject({ version: "1.1" });
  });

  test("the agent gives up on what it was not made for, and says why", async () => {
    const task = { title: "Write a poem", spec: "Four lines.", target_repo: "demo" };
    const { key } = await hub().post("/projects/DEMO/tasks", task);
    await expect.poll(() => keysOf("failed"), { timeout: 20_000 }).toContain(key);
    const { result } = await hub().get(`/projects/DEMO/tasks/${key}`);
    expect(result.error).toMatch(/^I am a script and know only tasks with one of the labels design, client, docs/);
  });

  test("after a restart on another port it runs again, and what the restart cut short does not stand in its way", async () => {
    const cut = npmRunDemo(where());
    await expect.poll(() => keysOf("running"), { timeout: 20_000 }).toContain("DEMO-8");
    instance.interrupt();
    expect(await instance.ended).toBe(0);
    expect((await cut).code).toBe(1);

    instance = await Instance.start(home);
    const run = await demoAsJson(where());
    expect(run.tasks.map(({ status }) => status)).toEqual(["done", "done", "done"]);
    expect(await keysOf("cancelled")).toEqual(["DEMO-10", "DEMO-9", "DEMO-8"]);
    const { servers } = await hub().get("/projects/DEMO/servers");
    expect(servers).toMatchObject([{ name: "local", active_tasks: 0 }]);
  });

  test("only the owner reads the daemon's configuration and the local token", async () => {
    for (const file of ["agent/agent.yaml", "local-token"]) {
      expect((await stat(join(home.folder, file))).mode & 0o777).toBe(0o600);
    }
  });
});

test("where no hub was started, it says so on standard error and prints nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "orchestratia-"));
  const { code, stdout, stderr } = await npmRunDemo({ folder, port: 1 }, "--json");
  await rm(folder, { recursive: true });
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("no hub was started with this ORCHESTRATIA_HOME");
});
