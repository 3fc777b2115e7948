import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FreshHub } from "./fresh-hub.ts";
import type { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("the daily work of an admin", () => {
  let hub: FreshHub;
  let visitor: Visitor;

  beforeAll(async () => {
    hub = await FreshHub.open();
    visitor = hub.admin;
  });

  afterAll(() => hub?.[Symbol.asyncDispose]());

  afterEach(() => expect(visitor.complaints()).toEqual([]));

  const button = (name: string | RegExp) => visitor.page.getByRole("button", { name });
  const heading = (name: string) => visitor.page.getByRole("heading", { name });
  const child = (key: string) => visitor.page.locator(`[data-testid=child][data-key=${key}]`);
  const focused = () =>
    visitor.page.evaluate<string>("document.activeElement?.ariaLabel ?? document.activeElement?.getAttribute('href')");
  const order = () =>
    visitor.page.getByTestId("child").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")));
  const search = () => visitor.page.getByRole("combobox", { name: /^Search tasks/ });

  const ask = (method: string, path: string, body?: unknown) => visitor.ask(method, `/projects/DEMO${path}`, body);

  test("a hub on which nothing waits says so in one line", async () => {
    await visitor.page.locator("[data-testid=doctor][data-state=good]").waitFor();
    expect(await visitor.inspect(visitor.page.getByText("Nothing is held up"))).toEqual([]);
  });

  test("moves the children of an epic by hand and by key, and the focus goes along", async () => {
    const { page } = visitor;
    await ask("POST", "/tasks", { title: "Ship the shelf", spec: "All of it.", type: "epic", exec_mode: "seq" });
    for (const title of ["Draw it", "Saw it", "Paint it"]) {
      const spec = `${title}, out of walnut.`;
      await ask("POST", "/tasks", { title, spec, parent_id: "DEMO-4", auto_assign: false });
    }
    await visitor.go("/tasks/DEMO-4");
    await child("DEMO-7").waitFor();
    await button("Move DEMO-5 down").click();
    await expect.poll(order).toEqual(["DEMO-6", "DEMO-5", "DEMO-7"]);
    await expect.poll(focused).toBe("Move DEMO-5 down");
    await page.keyboard.press("Enter");
    await expect.poll(order).toEqual(["DEMO-6", "DEMO-7", "DEMO-5"]);
    await child("DEMO-5").getByRole("link").focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.keyboard.press("Alt+ArrowUp");
    const wanted = ["DEMO-5", "DEMO-6", "DEMO-7"];
    await expect.poll(order).toEqual(wanted);
    await expect.poll(focused).toBe("/tasks/DEMO-5");
    const stored = async () => {
      const { tasks } = (await ask("GET", "/tasks/DEMO-4/children")) as { tasks: { key: string }[] };
      return tasks.map(({ key }) => key);
    };
    await expect.poll(stored).toEqual(wanted);
    await page.getByLabel("How the children are worked on").selectOption("par");
    await expect.poll(() => ask("GET", "/tasks/DEMO-4")).toMatchObject({ exec_mode: "par" });
    expect(await visitor.inspect(child("DEMO-5"))).toEqual([]);
  });

  test("is told on the home page what is held up, and what to do", async () => {
    const { page } = visitor;
    await visitor.go("/");
    await page.locator("[data-testid=doctor][data-state=complaints]").waitFor();
    await page.getByText("Is not to be assigned automatically").first().waitFor();
    expect(await visitor.inspect(page.getByText("Assign it to a server or a session"))).toEqual([]);
    await page.getByTestId("doctor").getByRole("link", { name: "DEMO-6" }).click();
    await heading("Saw it").waitFor();
  });

  test("finds a task with the keyboard alone", async () => {
    const { page } = visitor;
    await page.keyboard.press("Control+k");
    await search().waitFor();
    await page.keyboard.press("Escape");
    await search().waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await search().waitFor();
    await page.keyboard.type("waln");
    await page.getByText("3 tasks").waitFor();
    expect(await visitor.inspect(page.locator("mark").first())).toEqual([]);
    const third = await page.locator("[role=option] >> nth=2").getAttribute("href");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${third}`);
    await search().waitFor({ state: "detached" });
  });

  test("drains the server, limits it and lets it go on", async () => {
    const { page } = visitor;
    await visitor.go("/servers");
    await button("Drain of local").click();
    await page.getByText("Draining", { exact: true }).waitFor();
    await button("End draining of local").click();
    await page.getByText("Online", { exact: true }).waitFor();
    await button("Limit and keys of local").click();
    await page.getByLabel("Tasks at once").fill("many");
    await button("Save").click();
    await page.getByText("Enter a whole number").waitFor();
    await page.getByLabel("Tasks at once").fill("7");
    await button("Save").click();
    await page.getByText("Saved").waitFor();
    expect(await ask("GET", "/servers/local")).toMatchObject({ max_concurrent: 7, draining: false });
  });

  test("makes another key, shown once, and revokes it", async () => {
    const { page } = visitor;
    const grants = page.getByTestId("grant");
    await grants.waitFor();
    await button("Make another key").click();
    await page.getByTestId("new-key").getByText(/^orc_/).waitFor();
    await expect.poll(() => grants.count()).toBe(2);
    expect(await visitor.inspect(page.getByTestId("new-key"))).toEqual([]);
    await button(/^Revoke/)
      .first()
      .click();
    await button("Revoke now").click();
    await page.getByText("One that is over").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Limit and keys of local");
  });

  test("revokes a registration token that nobody should use", async () => {
    const { page } = visitor;
    await ask("POST", "/registration-tokens", {});
    await button("Tokens").click();
    await button(/^Revoke/).click();
    expect(await visitor.inspect(button("Revoke now"))).toEqual([]);
    await button("Keep it").click();
    await button(/^Revoke/).click();
    await button("Revoke now").click();
    await page.getByText("None is good.").waitFor();
  });
});
