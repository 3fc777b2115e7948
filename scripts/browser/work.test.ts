/** What tasks do on a machine, as a person sees it: changes, evidence, checkouts, recordings. With a real daemon. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTestDaemon } from "../../apps/agent/src/testing/test-daemon.ts";
import { commitFiles, testRepository, userGit, writeFiles } from "../../apps/agent/src/testing/test-repository.ts";
import { runInProcess } from "../../apps/cli/src/testing/run-in-process.ts";
import { until } from "../testing/instance.ts";
import { FreshHub } from "./fresh-hub.ts";
import type { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

/** Says what it was given, then sits at its prompt. */
const coder = {
  name: "coder",
  command: "env > unfinished && mv unfinished environment && printf 'coder> ' && exec sleep 600",
  prompt: "^coder> ?$",
};
/** Prints three things, three seconds apart, each on a screen of its own. */
const printer = {
  name: "printer",
  command: `show() { printf '\\033[2J\\033[H%s\\r\\n' "$1"; sleep 3; }; show dawn; show telescope; show dusk; exit 0`,
};

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("the work of a machine", () => {
  let hub: FreshHub;
  let ada: Visitor;
  let daemon: Awaited<ReturnType<typeof startTestDaemon>>;
  let home: string;
  let repo: string;
  let projectId: string;
  let serverId: string;

  beforeAll(async () => {
    hub = await FreshHub.open();
    ada = hub.admin;
    const settings = {
      worktree_per_task: true,
      default_agent: "coder",
      verify_commands: ["git log --oneline", "! grep -n BROKEN README.md"],
    };
    const project = (await ada.ask("POST", "/projects", { key: "SHOP", name: "Shop", settings })) as { id: string };
    projectId = project.id;
    const { token } = (await ada.ask("POST", "/projects/SHOP/registration-tokens", {})) as { token: string };
    const answer = await fetch(new URL("/api/v1/servers/register", hub.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ registration_token: token, name: "bench", machine_id: crypto.randomUUID() }),
    });
    const server = (await answer.json()) as { id: string; api_key: string };
    serverId = server.id;
    ({ home, repo } = testRepository({ "README.md": "one\ntwo\nthree\n", ".gitignore": "environment\n" }));
    const registration = { hub_url: hub.url, project_id: projectId, server_id: serverId, name: "bench" };
    daemon = await startTestDaemon(hub.url, {
      registrations: [{ ...registration, api_key: server.api_key }],
      repos: { shop: repo },
      agents: [coder, printer],
    });
    await until("the server works", async () => {
      const { servers } = (await ask("GET", "/servers")) as { servers: { reachable: boolean; agents: unknown[] }[] };
      return servers.some(({ reachable, agents }) => reachable && agents.length > 0);
    });
    await ada.go("/");
    await ada.page.getByLabel("Project").selectOption(projectId);
  });

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  afterEach(() => expect(ada.complaints()).toEqual([]));

  const ask = (method: string, at: string, body?: unknown) => ada.ask(method, `/projects/SHOP${at}`, body);
  const button = (name: string | RegExp) => ada.page.getByRole("button", { name, exact: typeof name === "string" });
  const link = (name: string | RegExp) => ada.page.getByRole("link", { name });
  const printed = (text: string | RegExp) => ada.page.getByTestId("terminal-text").filter({ hasText: text });
  const checkoutOf = (key: string) => path.join(daemon.stateDir, "worktrees", projectId, key);

  /** A task whose agent sits in its checkout. Returns how to run the CLI there. */
  async function workOn(key: string, title: string) {
    await ask("POST", "/tasks", { title, spec: `${title}.`, target_repo: "shop" });
    const environment = path.join(checkoutOf(key), "environment");
    await until("its agent is there", () => existsSync(environment));
    const apiKey = /^ORCHESTRATIA_API_KEY=(.+)$/m.exec(readFileSync(environment, "utf8"))?.[1] ?? "";
    const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: apiKey };
    const run = (...argv: string[]) => runInProcess(argv, { env });
    await until("it has begun", async () => (await run("task", "start", key)).code === 0);
    return { checkout: checkoutOf(key), run };
  }

  const file = (name: string) => ada.page.locator(`[data-testid=diff-file][data-path="${name}"]`);
  const lines = (name: string, kind: string) => file(name).locator(`tr[data-line=${kind}]`);
  let first: Awaited<ReturnType<typeof workOn>>;

  test("shows what a running task has changed, line by line, and again what has changed since", async () => {
    first = await workOn("SHOP-1", "Count in words");
    commitFiles(first.checkout, { "count.txt": "1\n" }, "Begin to count");
    writeFiles(first.checkout, {
      "README.md": "one\n2\nthree\nBROKEN\n",
      "numbers.txt": `${Array.from({ length: 20_000 }, (_, at) => at).join("\n")}\n`,
    });
    await ada.go("/tasks/SHOP-1");
    await button("Show what changed").click();
    await ada.page.locator("[data-testid=diff][data-source=checkout]").waitFor();
    await ada.page.getByText("3 files changed").waitFor();
    await ada.page.getByText("2 files uncommitted").waitFor();
    expect(await lines("README.md", "removed").allInnerTexts()).toEqual([
      expect.stringMatching(/^2\s+−\s*removed\s+two$/),
    ]);
    expect(await lines("README.md", "added").allInnerTexts()).toEqual([
      expect.stringMatching(/^\s*2\s+\+\s*added\s+2$/),
      expect.stringMatching(/^\s*4\s+\+\s*added\s+BROKEN$/),
    ]);
    await ada.page.getByRole("list", { name: "Commits" }).getByText("Begin to count").waitFor();
    // Too long to stand open at first; opened by the keyboard it says that it is not all.
    const numbers = file("numbers.txt").getByRole("button");
    expect(await numbers.getAttribute("aria-expanded")).toBe("false");
    await numbers.focus();
    await ada.page.keyboard.press("Enter");
    await file("numbers.txt").getByText("The end of this file's changes is left out").waitFor();
    expect(await lines("numbers.txt", "added").count()).toBeGreaterThan(1000);
    await ada.page.keyboard.press("Enter");
    expect(await file("numbers.txt").locator("table").count()).toBe(0);

    writeFiles(first.checkout, { "numbers.txt": "few\n" });
    await button("Read again").click();
    await numbers.click();
    await lines("numbers.txt", "added").getByText("few").waitFor();
    expect(await ada.inspect(ada.page.getByTestId("diff"))).toEqual([]);
  });

  test("shows why a completion was refused, and that a later one was taken with what it changed", async () => {
    expect((await first.run("task", "complete", "SHOP-1", "--result", "counted")).code).not.toBe(0);
    const run = ada.page.getByTestId("evidence-run");
    const refused = run.filter({ hasText: "Failed: the completion was refused" });
    await refused.waitFor();
    const grep = refused.locator('[data-command="! grep -n BROKEN README.md"]');
    await grep.getByText("Exited with 1", { exact: true }).waitFor();
    await grep.getByRole("region", { name: "Output of ! grep -n BROKEN README.md" }).getByText("4:BROKEN").waitFor();
    const log = refused.locator('[data-command="git log --oneline"]');
    await log.getByText("Passed", { exact: true }).waitFor();
    await log.getByRole("button").click();
    await log.getByRole("region").getByText("Begin to count").waitFor();
    expect(await log.getByRole("region").getByText("BROKEN").count()).toBe(0);

    writeFiles(first.checkout, { "README.md": "one\n2\nthree\n" });
    expect(await first.run("task", "complete", "SHOP-1", "--result", "counted")).toMatchObject({ code: 0 });
    await run.filter({ hasText: /^Passed/ }).waitFor();
    expect(await refused.count()).toBe(0);
    await button("1 earlier run").click();
    await refused.waitFor();
    await ada.page.locator("[data-testid=diff][data-source=completion]").waitFor();
    expect(await lines("README.md", "added").count()).toBe(1);
    expect(await ada.inspect(refused)).toEqual([]);
  });

  const closeDialog = () => ada.page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  async function closeSessionOf(key: string) {
    const { assigned_session_id } = (await ask("GET", `/tasks/${key}`)) as { assigned_session_id: string };
    await ask("DELETE", `/sessions/${assigned_session_id}`);
    await until("it has ended", async () => {
      const { status } = (await ask("GET", `/sessions/${assigned_session_id}`)) as { status: string };
      return status === "closed";
    });
  }
  const worktree = (key: string) => ada.page.locator(`[data-testid=worktree][data-task=${key}]`);

  test("lists every checkout as it stands, and names what would be lost before one is discarded", async () => {
    const second = await workOn("SHOP-2", "Look around");
    await ada.go("/servers");
    await link("Worktrees").click();
    await worktree("SHOP-1").getByText("2 files uncommitted, 1 commit not merged").waitFor();
    await worktree("SHOP-2").getByText("Clean, merged").waitFor();
    expect(await ada.inspect(worktree("SHOP-1"))).toEqual([]);
    // Its task runs: nobody takes its checkout away.
    await worktree("SHOP-2").getByRole("button").click();
    await button("Discard checkout").click();
    await ada.page.getByText("its checkout is in use").waitFor();
    expect(ada.complaints().filter((text) => !text.includes("409"))).toEqual([]);
    await button("Keep it").click();

    await worktree("SHOP-1").getByRole("button", { name: "Discard the checkout of SHOP-1" }).click();
    const dialog = ada.page.getByRole("dialog");
    await dialog.getByText("The changes in 2 files that are in no commit").waitFor();
    const lost = dialog.getByRole("list", { name: "Files that would be lost" }).getByRole("listitem");
    await expect.poll(() => lost.allTextContents()).toEqual(["README.md", "numbers.txt"]);
    await dialog.getByText("The branch orc/SHOP-1, with 1 commit that main has not").waitFor();
    expect(await ada.inspect(dialog)).toEqual([]);
    await button("Discard checkout").click();
    await worktree("SHOP-1").waitFor({ state: "detached" });
    expect(existsSync(checkoutOf("SHOP-1"))).toBe(false);
    expect(userGit(repo, "log", "-1", "--format=%s", "orc/SHOP-1")).toBe("Begin to count");

    expect(await second.run("task", "complete", "SHOP-2", "--result", "seen")).toMatchObject({ code: 0 });
    await ada.page.reload();
    await button("Clean merged on bench").click();
    await dialog.getByText("SHOP-2").first().waitFor();
    await button("Discard them").click();
    await dialog.getByText("A session still works in the worktree of SHOP-2").waitFor();
    await closeDialog();
    await worktree("SHOP-2").getByRole("button").click();
    await button("Discard checkout").click();
    await dialog.getByRole("alert").getByText("A session still works").waitFor();
    await button("Discard all the same").waitFor();
    expect(ada.complaints().filter((text) => !text.includes("409"))).toEqual([]);
    await button("Keep it").click();
    await closeSessionOf("SHOP-2");
    await button("Clean merged on bench").click();
    await button("Discard them").click();
    await dialog.getByText("Discarded: SHOP-2.").waitFor();
    await closeDialog();
    await ada.page.getByText("No task has a checkout here.").waitFor();
    expect(userGit(repo, "branch", "--list", "orc/SHOP-2")).toBe("");
    // What it changed is still there to be read.
    await ada.go("/tasks/SHOP-1");
    await button("Show what changed").click();
    await ada.page.locator("[data-testid=diff][data-source=completion]").waitFor();
  });

  const position = () => ada.page.getByTestId("recording-position");
  const seconds = async () => {
    const [, minutes, rest] = /^(\d+):(\d+)/.exec((await position().textContent()) ?? "") ?? [];
    return Number(minutes) * 60 + Number(rest);
  };
  const slider = () => ada.page.getByRole("slider", { name: "Position" });
  const recorded = () => ada.page.locator("[data-testid=recording-row][data-name=observatory]");

  test("lists what is recorded, finds what was printed, and a hit opens the player then", async () => {
    await ask("POST", "/sessions", { server_id: serverId, agent: "printer", name: "observatory" });
    await until("what it printed is found", async () => {
      const { hits } = (await ask("GET", "/recordings/search?q=dusk")) as { hits: unknown[] };
      return hits.length > 0;
    });
    await ada.page.route("**/recordings?*", (route) =>
      route.fulfill({ status: 503, json: { detail: "The recordings are away for a moment." } }),
    );
    await ada.go("/sessions");
    await link("Recordings").click();
    await ada.page.getByText("The recordings are away for a moment.").waitFor();
    expect(ada.complaints().filter((text) => !text.includes("503"))).toEqual([]);
    await ada.page.unrouteAll({ behavior: "wait" });
    await button("Try again").click();
    await recorded().getByText("printer on bench").waitFor();
    expect(await ada.inspect(recorded())).toEqual([]);
    const download = ada.page.waitForEvent("download");
    await link("Download the recording of observatory").click();
    const cast = readFileSync((await (await download).path()) ?? "", "utf8");
    expect(JSON.parse(cast.split("\n")[0] ?? "")).toMatchObject({ version: 2, title: "observatory" });

    const search = ada.page.getByRole("searchbox", { name: "Search in what was printed" });
    await search.fill("moonrise");
    await ada.page.getByText("Nothing of that was printed").waitFor();
    await search.fill("telesc");
    const hit = ada.page.locator("[data-testid=recording-hit][data-name=observatory]");
    await hit.getByRole("link").filter({ hasText: "telescope" }).waitFor();
    expect(await ada.inspect(hit)).toEqual([]);
    await hit.getByRole("link").filter({ hasText: "telescope" }).click();
    await ada.page.waitForURL(/\/recording\?at=[\d.]+&q=telesc$/);
    await printed(/^telescope$/).waitFor();
    expect(await seconds()).toBeGreaterThanOrEqual(3);
    expect(await seconds()).toBeLessThan(6);
    expect(await ada.inspect(position())).toEqual([]);
    await ada.page.goBack();
    await hit.waitFor();
    await ada.page.goForward();
    await printed(/^telescope$/).waitFor();
  });

  test("seeks by the keyboard: the screen is the one of that time, forwards and backwards", async () => {
    await slider().focus();
    await ada.page.keyboard.press("End");
    await printed(/^dusk$/).waitFor();
    await ada.page.keyboard.press("Home");
    await expect.poll(seconds).toBe(0);
    await printed(/^$|^dawn$/).waitFor({ state: "attached" });
    // A jump from a search within the recording.
    await ada.page.getByRole("searchbox").fill("dusk");
    await ada.page.locator("search button").filter({ hasText: "dusk" }).click();
    await printed(/^dusk$/).waitFor();
    await ada.page.getByRole("searchbox").fill("dawn");
    await ada.page.locator("search button").filter({ hasText: "dawn" }).click();
    await printed(/^dawn$/).waitFor();
  });

  test("plays, stands still when paused, goes on, and is faster at a higher speed", async () => {
    const { page } = ada;
    await page.getByLabel("Skip pauses").uncheck();
    await slider().focus();
    await page.keyboard.press("Home");
    await button("Play").click();
    await printed(/^dawn$/).waitFor();
    await printed(/^telescope$/).waitFor();
    await button("Pause").click();
    const where = () => slider().inputValue();
    const paused = await where();
    expect(Number(paused)).toBeLessThan(6);
    const drawn =
      "new Promise((done) => { let left = 30; const next = () => (left-- ? requestAnimationFrame(next) : done()); next(); })";
    await page.evaluate(drawn);
    expect(await where()).toBe(paused);
    await button("Play").click();
    await printed(/^dusk$/).waitFor();
    // It ends by itself, and begins anew.
    await button("Play").waitFor();

    await page.getByLabel("Speed").selectOption("8");
    const from = performance.now();
    await button("Play").click();
    await button("Pause").waitFor();
    await button("Play").waitFor();
    const length = Number(await slider().getAttribute("max"));
    expect(length).toBeGreaterThan(8.5);
    expect((performance.now() - from) / 1000).toBeLessThan(length * 0.75);
    await printed(/^dusk$/).waitFor();
  });
});
