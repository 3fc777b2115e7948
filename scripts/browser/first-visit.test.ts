import type { Browser, Locator, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Home, Instance } from "../testing/instance.ts";
import { launchChromium } from "./chromium.ts";
import { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

const account = { email: "ada@example.com", password: "correct horse battery staple" };

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("a stranger's first visit", () => {
  let home: Home;
  let instance: Instance;
  let browser: Browser;
  let visitor: Visitor;
  /** Address of the first task's session. */
  let session: string;

  beforeAll(async () => {
    browser = await launchChromium();
    home = await Home.make();
    instance = await Instance.start(home);
    visitor = await Visitor.open(browser, instance.url);
  });

  afterAll(async () => {
    await browser?.close();
    await instance?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  afterEach(() => expect(visitor.complaints()).toEqual([]));

  const button = (name: string) => visitor.page.getByRole("button", { name });
  const heading = (name: string | RegExp) => visitor.page.getByRole("heading", { name });
  const demoIn = (state: string) => visitor.page.locator(`[data-testid=demo][data-state=${state}]`);
  const printed = (text: string | RegExp) => visitor.page.getByTestId("terminal-text").filter({ hasText: text });
  const contract = (side: "in" | "out", label: string): Locator =>
    visitor.page.getByTestId(`contracts-${side}`).getByLabel(label, { exact: true });

  test("opens the set-up link and makes the admin", async () => {
    const { page } = visitor;
    await visitor.go(instance.setupLink ?? "no set-up link was printed");
    expect(await visitor.inspect(heading("Set up this hub"))).toEqual([]);
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("E-mail").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await button("Make the admin and sign in").click();
    await heading("Nothing needs you").waitFor();
    await demoIn("ready").waitFor();
  });

  test("signs out while the page still reads, and signs in", async () => {
    const { page } = visitor;
    const reads: Route[] = [];
    await page.route("**/api/v1/{projects,tasks,demo}*", (route) => void reads.push(route));
    await page.route("**/api/v1/auth/logout", async (route) => {
      const response = await route.fetch();
      // The hub knows of the sign-out, the page does not yet: what it asks now is refused, and complained of.
      await Promise.allSettled(reads.map((read) => read.continue()));
      await Promise.allSettled(reads.map((read) => read.request().response()));
      await route.fulfill({ response });
    });
    await page.reload({ waitUntil: "commit" });
    await expect.poll(() => reads.length).toBeGreaterThan(0);
    await button("Account of Ada").click();
    await button("Sign out").click();
    await heading("Sign in").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    expect(await visitor.inspect(heading("Sign in"))).toEqual([]);
    await page.getByLabel("E-mail").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await button("Sign in").click();
    await heading("Nothing needs you").waitFor();
  });

  test("runs the demo with one button, watches a terminal print, and sees three tasks done within 20 s", async () => {
    const { page } = visitor;
    await button("Run the demo").click();
    const pressedAt = performance.now();
    await page
      .getByTestId("demo-task")
      .first()
      .getByRole("link", { name: /^Terminal of / })
      .click();
    await page.waitForURL(/\/sessions\/.+/);
    session = new URL(page.url()).pathname;
    await printed("orchestratia task start").waitFor();
    await printed("every operation has a name of its own").waitFor();
    await printed("is done").waitFor();
    await page.getByRole("link", { name: "Home", exact: true }).click();
    await demoIn("done").waitFor();
    expect(performance.now() - pressedAt).toBeLessThan(20_000);

    const tasks = page.getByTestId("demo-task");
    const statuses = await tasks.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-status")));
    expect(statuses).toEqual(["done", "done", "done"]);
  });

  test("finds what the first task delivered with the second, unchanged", async () => {
    const { page } = visitor;
    await page.getByRole("link", { name: "Design the API" }).click();
    const delivered = JSON.parse((await contract("out", "Contract api_schema").textContent()) ?? "");
    expect(delivered).toMatchObject({ name: "Bookshelf", version: "1.0" });
    await page.goBack();
    await page.getByRole("link", { name: "Build the client" }).click();
    const received = JSON.parse((await contract("in", "Input api_schema").textContent()) ?? "");
    expect(received).toEqual(delivered);
  });

  test("types into the session and reads the answer", async () => {
    const { page } = visitor;
    await visitor.go(session);
    await printed(/demo>\s*$/).waitFor();
    await page.getByTestId("terminal").click();
    await page.keyboard.type("good morning");
    await printed(/demo> good morning$/).waitFor();
    await page.keyboard.press("Enter");
    await printed("You said: good morning").waitFor();
  });

  test("finds nothing wrong with any page, on a desk by day and on a phone by night", async () => {
    const pages: [path: string, content: Locator][] = [
      ["/", demoIn("done")],
      ["/tasks", visitor.page.getByText("Write the docs")],
      ["/tasks/DEMO-1", visitor.page.getByTestId("contracts-out")],
      ["/tasks/DEMO-2", visitor.page.getByTestId("contracts-in")],
      ["/sessions", visitor.page.getByTestId("session-row")],
      [session, printed("You said")],
      ["/sessions/recordings", visitor.page.getByRole("searchbox", { name: "Search in what was printed" })],
      ["/servers", visitor.page.getByText("local")],
      ["/settings/work", visitor.page.getByLabel("Grace", { exact: true })],
      ["/settings/rules", visitor.page.getByText("No rules yet")],
      ["/servers/worktrees", visitor.page.getByText(/^\d+ checkouts?/)],
      ["/setup", heading("This hub is set up")],
    ];
    const wrong: Record<string, string[]> = {};
    for (const [path, content] of pages) {
      await visitor.go(path);
      const found = [...(await visitor.inspect(content)), ...visitor.complaints()];
      if (found.length > 0) wrong[path] = found;
    }
    expect(wrong).toEqual({});
  });
});
