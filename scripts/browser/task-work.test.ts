import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FreshHub } from "./fresh-hub.ts";
import type { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("what a person does with a task", () => {
  let hub: FreshHub;
  let visitor: Visitor;

  beforeAll(async () => {
    hub = await FreshHub.open();
    visitor = hub.admin;
  });

  afterAll(() => hub?.[Symbol.asyncDispose]());

  afterEach(() => expect(visitor.complaints().filter((text) => !text.includes("412"))).toEqual([]));

  const button = (name: string) => visitor.page.getByRole("button", { name, exact: true });
  const dialog = () => visitor.page.getByRole("dialog");
  /** A move stands beside the title, or behind the button for those that are seldom wanted. */
  const move = async (name: string) => {
    await visitor.page.locator("[data-move]").first().waitFor({ state: "attached" });
    const target = visitor.page.locator(`[data-move=${name}]`);
    if (!(await target.isVisible())) await button("More moves").click();
    await target.click();
  };
  const status = (word: string) => visitor.page.getByTestId("task-status").getByText(word);

  const ask = (method: string, path: string, body?: unknown) => visitor.ask(method, `/projects/DEMO${path}`, body);

  test("changes a task that somebody else changes meanwhile, and loses nothing", async () => {
    const { page } = visitor;
    await ask("POST", "/tasks", { title: "Saw it", spec: "Out of walnut.", labels: ["wood"], auto_assign: false });
    await visitor.go("/tasks/DEMO-4");
    await button("Edit").click();
    await dialog().getByLabel("Title").fill("Saw them");
    await dialog().getByLabel("Spec").fill("Out of ash.");
    await ask("PATCH", "/tasks/DEMO-4", { spec: "Out of oak.", priority: "high" });
    await page.reload();
    await button("Edit").click();
    await expect.poll(() => dialog().getByLabel("Title").inputValue()).toBe("Saw them");
    await button("Save").click();
    await page.getByText("Somebody changed it meanwhile").waitFor();
    expect(await ask("GET", "/tasks/DEMO-4")).toMatchObject({ title: "Saw it", spec: "Out of oak." });
    expect(await dialog().getByLabel("Spec").inputValue()).toBe("Out of ash.");
    expect(await dialog().getByLabel("Priority").inputValue()).toBe("high");
    expect(await visitor.inspect(dialog().getByText("Out of oak."))).toEqual([]);
    await button("Save over theirs").click();
    await dialog().waitFor({ state: "detached" });
    expect(await ask("GET", "/tasks/DEMO-4")).toMatchObject({
      title: "Saw them",
      spec: "Out of ash.",
      priority: "high",
      labels: ["wood"],
    });
  });

  test("assigns it by hand with the reasons before the eyes, and takes it back", async () => {
    const { page } = visitor;
    await ask("POST", "/tasks", { title: "Fell the tree", spec: "A walnut.", auto_assign: false });
    await ask("POST", "/tasks/DEMO-4/dependencies", { depends_on_task_id: "DEMO-5" });
    await button("Assign").click();
    await dialog().getByLabel("Assign to").selectOption({ index: 1 });
    await dialog().getByRole("region", { name: "How it fits" }).waitFor();
    expect(await visitor.inspect(dialog().getByText("Best match now"))).toEqual([]);
    await dialog().getByRole("button", { name: "Assign", exact: true }).click();
    await status("Assigned").waitFor();
    await move("unassign");
    await status("Pending").waitFor();
    await page.getByText("Only by a person").waitFor();
  });

  test("is told how many end with a parent before cancelling it, and brings it back", async () => {
    const { page } = visitor;
    await ask("POST", "/tasks", { title: "Ship the shelf", spec: "All of it.", type: "epic" });
    for (const title of ["Draw it", "Paint it"]) {
      await ask("POST", "/tasks", { title, spec: `${title}.`, parent_id: "DEMO-6", auto_assign: false });
    }
    await visitor.go("/tasks/DEMO-6");
    await move("cancel");
    await dialog().getByText("2 open tasks below it are cancelled too").waitFor();
    expect(await visitor.inspect(button("Cancel task"))).toEqual([]);
    await button("Cancel task").click();
    await status("Cancelled").waitFor();
    expect(await ask("GET", "/tasks/DEMO-8")).toMatchObject({ status: "cancelled" });
    await move("archive");
    await page.getByText("Archived", { exact: true }).first().waitFor();
    await move("unarchive");
    await expect.poll(() => ask("GET", "/tasks/DEMO-6")).toMatchObject({ archived_at: null });
    await move("retry");
    await status("Pending").waitFor();
  });

  test("chooses among the answers to the hub's question, and the hub does it", async () => {
    const { page } = visitor;
    await ask("DELETE", "/tasks/DEMO-5");
    await visitor.go("/tasks/DEMO-4");
    const question = page.getByTestId("intervention");
    await question.getByText("The hub asks").waitFor();
    await page.getByLabel("Blocked by a failed task").first().waitFor();
    expect(await visitor.inspect(question)).toEqual([]);
    expect(await question.getByRole("textbox").count()).toBe(0);
    const names = await question.getByRole("button").allTextContents();
    const drop = names.find((name) => /drop/i.test(name)) ?? `no such answer among ${names}`;
    await question.getByRole("button", { name: drop }).click();
    await question.waitFor({ state: "detached" });
    await page.getByTestId("settled-intervention").getByText("Answered by Ada").waitFor();
    await page.getByTestId("earlier-questions").getByRole("button", { name: "Show", exact: true }).click();
    await page.getByRole("list", { name: "Earlier questions" }).getByText("Answered by Ada").waitFor();
    expect(await visitor.inspect(page.getByTestId("outcome"))).toEqual([]);
    expect(await ask("GET", "/tasks/DEMO-4")).toMatchObject({ blocked: false, dependencies: [] });
  });
});
