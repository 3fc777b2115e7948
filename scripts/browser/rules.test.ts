/** How work goes in a project, and what agents may do with their tools. With the hook of a real daemon. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FreshHub } from "./fresh-hub.ts";
import type { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

const hookProgram = fileURLToPath(new URL("../../apps/agent/dist/hooks/main.js", import.meta.url));

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("the rules of a project", () => {
  let hub: FreshHub;
  let ada: Visitor;
  let guest: Visitor;
  let session: string;
  let folder: string;

  beforeAll(async () => {
    hub = await FreshHub.open();
    ada = hub.admin;
    folder = mkdtempSync(path.join(tmpdir(), "orc-rules-"));
    const { id: server_id } = (await ada.ask("GET", "/projects/DEMO/servers/local")) as { id: string };
    const body = { server_id, agent: "shell", name: "tools" };
    const { id } = (await ada.ask("POST", "/projects/DEMO/sessions", body)) as { id: string };
    session = `/sessions/${id}`;
    await ada.ask("POST", "/projects/DEMO/sessions", { ...body, name: "others" });
  });

  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  // A page that asks who is there before anybody has signed in is told, and the browser tells of that.
  const unknownYet = (text: string) => text.includes("401");
  afterEach(() => {
    for (const visitor of [ada, guest]) {
      expect(visitor?.complaints().filter((text) => !unknownYet(text)) ?? []).toEqual([]);
    }
  });

  const button = ({ page }: Visitor, name: string) => page.getByRole("button", { name, exact: true });
  const field = ({ page }: Visitor, name: string) => page.getByLabel(name, { exact: true });
  const row = ({ page }: Visitor, kind: string, text: string) => page.getByTestId(kind).filter({ hasText: text });
  const printed = (text: string | RegExp) => ada.page.getByTestId("terminal-text").filter({ hasText: text });
  const project = async () =>
    (await ada.ask("GET", "/projects/DEMO")) as { name: string; settings: Record<string, unknown> };

  /** As an agent in the session that wants to use its shell; `name` keeps what it prints apart. */
  async function wantBash(name: string, command: string): Promise<void> {
    const wish = { session_id: "c", cwd: folder, tool_name: "Bash", tool_input: { command, description: "As ever" } };
    writeFileSync(path.join(folder, name), JSON.stringify(wish));
    await ada.go(session);
    await printed(/[$#>%]$/).waitFor({ timeout: 150_000 });
    await ada.page
      .getByTestId("driver-bar")
      .getByText(/^(You type|Nobody types)/)
      .waitFor();
    await ada.page.getByTestId("terminal").click();
    const hook = `'${process.execPath}' '${hookProgram}' claude PreToolUse < '${path.join(folder, name)}'`;
    await ada.page.keyboard.type(`clear; ${hook} | tee '${path.join(folder, `${name}.answer`)}'\n`);
  }

  /** A question that comes while a page is read waits behind a button; these tests open the page after it. */
  async function isAsked(): Promise<void> {
    const pending = () => ada.ask("GET", "/projects/DEMO/interventions?status=pending");
    await expect.poll(pending, { timeout: 20_000 }).toMatchObject({ interventions: [{ status: "pending" }] });
  }

  /** What the hook has told the agent. */
  async function answerTo(name: string): Promise<string> {
    const read = () => readFileSync(path.join(folder, `${name}.answer`), "utf8");
    await expect.poll(() => read().trim(), { timeout: 20_000 }).toMatch(/\}$/);
    const { hookSpecificOutput: told } = JSON.parse(read()) as { hookSpecificOutput: Record<string, string> };
    return `${told.permissionDecision}: ${told.permissionDecisionReason}`;
  }

  test("the settings of a project are changed where each says what it does", async () => {
    await ada.go("/settings/work");
    expect(await ada.inspect(field(ada, "Grace"))).toEqual([]);
    await field(ada, "Grace").fill("soon");
    await field(ada, "Attempts").fill("none");
    await button(ada, "Save").click();
    await ada.page.getByText("A number and s, min, h or d").waitFor();
    await expect.poll(() => ada.page.evaluate("document.activeElement?.value")).toBe("soon");
    expect(await ada.inspect(ada.page.getByText("Enter a whole number from 1 to 100."))).toEqual([]);
    await field(ada, "Grace").fill("90 s");
    await field(ada, "Attempts").fill("5");
    await field(ada, "An agent reaches its usage limit").selectOption("move");
    await ada.page.getByRole("checkbox", { name: /^A person approves each result/ }).check();
    await button(ada, "Add a command").click();
    await field(ada, "Command 1").fill("npm test");
    await button(ada, "Add a command").click();
    await field(ada, "Command 2").fill("npm run lint");
    await button(ada, "Remove command 1").click();
    await expect.poll(() => ada.page.evaluate("document.activeElement?.value")).toBe("npm run lint");
    await button(ada, "Save").click();
    await ada.page.getByText("Saved", { exact: true }).waitFor();
    expect((await project()).settings).toMatchObject({
      grace: "90 s",
      max_attempts: 5,
      on_usage_limit: "move",
      require_review: true,
      verify_commands: ["npm run lint"],
    });
  });

  test("what somebody else changes meanwhile shows, and is not saved over", async () => {
    await field(ada, "Name").fill("The demo");
    await ada.ask("PATCH", "/projects/DEMO", { settings: { grace: "3 h" } });
    await expect.poll(() => field(ada, "Grace").inputValue()).toBe("3 h");
    await button(ada, "Save").click();
    await ada.page.getByText("Saved", { exact: true }).waitFor();
    expect(await project()).toMatchObject({ name: "The demo", settings: { grace: "3 h" } });
  });

  test("rules are made, and stand in the order in which they are looked at", async () => {
    await ada.go("/settings/rules");
    expect(await ada.inspect(ada.page.getByText("No rules yet"))).toEqual([]);
    for (const [given, action, name] of [
      ["git *", "allow", ""],
      ["rm *", "deny", "Nothing is removed"],
      ["git push*", "ask", "Pushing"],
    ] as const) {
      await button(ada, "Add a rule").click();
      if (action === "deny") {
        await field(ada, "Tool").last().fill("");
        await button(ada, "Add the rule").click();
        await ada.page.getByText("Enter a tool's name").waitFor();
        await field(ada, "Tool").last().fill("Bash");
      }
      await field(ada, "Given").fill(given);
      await field(ada, "What happens").selectOption(action);
      await field(ada, "Name").fill(name);
      if (action === "allow") expect(await ada.inspect(button(ada, "Add the rule"))).toEqual([]);
      await button(ada, "Add the rule").click();
      await ada.page.getByRole("dialog").waitFor({ state: "detached" });
    }
    const names = () => ada.page.getByTestId("rule").locator("p:first-child > span:first-child").allTextContents();
    await expect.poll(names).toEqual(["Nothing is removed", "Pushing", "allow Bash: git *"]);
    expect(await ada.inspect(row(ada, "rule", "Pushing"))).toEqual([]);
  });

  test("a command is tried, and judged part by part", async () => {
    const verdict = (decision: string) => ada.page.locator(`[data-testid=trial][data-decision=${decision}]`);
    const given = field(ada, "Command, file or address");
    await given.fill("git status");
    await verdict("allow").getByText("The rule “allow Bash: git *” allows it.").waitFor();
    await given.fill("git status && git push && make");
    await verdict("ask").waitFor();
    expect(await ada.page.getByTestId("part").allTextContents()).toEqual([
      expect.stringMatching(/^git status.*Allowed.*by “allow Bash: git \*”$/),
      expect.stringMatching(/^git push.*A person decides.*by “Pushing”$/),
      expect.stringMatching(/^make.*A person decides.*by no rule$/),
    ]);
    await given.fill("git status; sudo rm -rf x");
    expect(await ada.inspect(verdict("deny").getByText("forbids it").first())).toEqual([]);
  });

  test("a rule is turned off, changed and deleted", async () => {
    await button(ada, "Turn off Nothing is removed").click();
    await row(ada, "rule", "Nothing is removed").getByText("Off", { exact: true }).waitFor();
    await ada.page.locator("[data-testid=trial][data-decision=ask]").waitFor();
    await button(ada, "Change Pushing").click();
    await field(ada, "Given").fill("git push --force*");
    await button(ada, "Save").click();
    await row(ada, "rule", "Pushing").getByText("git push --force*").waitFor();
    await button(ada, "Delete Nothing is removed").click();
    expect(await ada.inspect(button(ada, "Delete now"))).toEqual([]);
    await button(ada, "Delete now").click();
    await row(ada, "rule", "Nothing is removed").waitFor({ state: "detached" });
  });

  test("an agent's wish is denied with a reason from the first page, and the agent is told", async () => {
    await wantBash("publish", "npm publish");
    await isAsked();
    await ada.go("/");
    const asked = row(ada, "intervention", "claude wants to use Bash");
    await asked.getByTestId("wanted").getByText("npm publish", { exact: true }).waitFor();
    await asked.getByText("As ever").waitFor();
    await button(ada, "Deny with a reason").click();
    await field(ada, "Why not").fill("Tag it first.");
    expect(await ada.inspect(button(ada, "Deny and tell it"))).toEqual([]);
    await button(ada, "Deny and tell it").click();
    expect(await answerTo("publish")).toBe("deny: Ada denied it: Tag it first.");
  });

  test("another is allowed for ever beside the terminal, and from then on by the rule", async () => {
    await wantBash("tests", "npm test");
    await button(ada, "Answer").click();
    await ada.page.getByRole("dialog").getByText("Bash: npm test").waitFor();
    expect(await ada.inspect(button(ada, "Allow always"))).toEqual([]);
    await button(ada, "Allow always").click();
    await ada.page.getByTestId("settled-intervention").getByText("Answered by Ada").waitFor();
    await button(ada, "Back to the terminal").click();
    expect(await answerTo("tests")).toBe("allow: Ada allowed it.");
    await wantBash("again", "npm test");
    expect(await answerTo("again")).toBe("allow: The rule “Allowed always: npm test” allows it.");
    expect(await ada.ask("GET", "/projects/DEMO/interventions?status=pending")).toMatchObject({ interventions: [] });
  });

  test("who decided what is in the log, with the way to its session", async () => {
    const logged = async () => {
      const { permissions } = (await ada.ask("GET", "/projects/DEMO/permissions")) as { permissions: unknown[] };
      return permissions.length;
    };
    await expect.poll(logged, { timeout: 20_000 }).toBe(3);
    await ada.go("/settings/rules");
    await row(ada, "rule", "Allowed always: npm test").getByText("claude on server local").waitFor();
    await row(ada, "decision", "The rule “Allowed always: npm test” allows it.").waitFor();
    await row(ada, "decision", "Ada allowed it.").waitFor();
    await field(ada, "In which session").selectOption("others");
    await ada.page.getByText("No such decision").waitFor();
    await field(ada, "In which session").selectOption("tools");
    await row(ada, "decision", "Ada allowed it.").waitFor();
    await field(ada, "Which decisions").selectOption("denied");
    const denied = row(ada, "decision", "npm publish");
    await denied.getByText("Ada denied it: Tag it first.").waitFor();
    await row(ada, "decision", "Ada allowed it.").waitFor({ state: "detached" });
    expect(await ada.inspect(denied)).toEqual([]);
    await denied.getByRole("link", { name: "tools" }).click();
    await ada.page.waitForURL(`**${session}`);
  });

  test("a member reads all of it and settles nothing, but may allow a tool once", async () => {
    guest = await hub.another();
    const invitation = { email: "guest@example.com", role: "member" };
    const { link } = (await ada.ask("POST", "/projects/DEMO/invitations", invitation)) as { link: string };
    await guest.go(link);
    await field(guest, "Name").fill("The guest");
    await field(guest, "Password").fill("a walnut shelf with three boards");
    await button(guest, "Make your account and sign in").click();
    await guest.page.getByRole("heading", { name: "Nothing needs you" }).waitFor();
    await guest.go("/settings/work");
    expect(await guest.inspect(guest.page.getByText("Its owners settle it"))).toEqual([]);
    await guest.page.getByText("npm run lint").waitFor();
    expect(await button(guest, "Save").count()).toBe(0);
    await guest.go("/settings/rules");
    expect(await guest.inspect(guest.page.getByText(/^Only owners|Only owners of/))).toEqual([]);
    await row(guest, "rule", "Pushing").waitFor();
    expect(await button(guest, "Add a rule").count()).toBe(0);
    expect(await button(guest, "Change Pushing").count()).toBe(0);
    await wantBash("build", "npm run build");
    await isAsked();
    await guest.go("/");
    await guest.page.getByText("Owners of the project can also allow it always.").waitFor();
    expect(await button(guest, "Allow always").count()).toBe(0);
    await button(guest, "Allow once").click();
    expect(await answerTo("build")).toBe("allow: The guest allowed it.");
  });
});
