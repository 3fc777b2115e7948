import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FreshHub } from "./fresh-hub.ts";
import type { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("two people at one terminal", () => {
  let hub: FreshHub;
  let ada: Visitor;
  let guest: Visitor;
  let path: string;

  beforeAll(async () => {
    hub = await FreshHub.open();
    ada = hub.admin;
    guest = await hub.another();
    const invitation = { email: "guest@example.com", role: "member" };
    const { link } = (await ada.ask("POST", "/projects/DEMO/invitations", invitation)) as { link: string };
    await guest.go(link);
    await guest.page.getByLabel("Name").fill("The guest");
    await guest.page.getByLabel("Password").fill("a walnut shelf with three boards");
    await button(guest, "Make your account and sign in").click();
    await guest.page.getByRole("heading", { name: "Nothing needs you" }).waitFor();
    const { id: server_id } = (await ada.ask("GET", "/projects/DEMO/servers/local")) as { id: string };
    const session = { server_id, agent: "shell", name: "shared" };
    const { id } = (await ada.ask("POST", "/projects/DEMO/sessions", session)) as { id: string };
    path = `/sessions/${id}`;
  });

  afterAll(() => hub?.[Symbol.asyncDispose]());

  // A page that asks who is there before anybody has signed in is told, and the browser tells of that.
  const unknownYet = (text: string) => text.includes("401");
  afterEach(() => {
    for (const visitor of [ada, guest]) expect(visitor.complaints().filter((text) => !unknownYet(text))).toEqual([]);
  });

  const button = ({ page }: Visitor, name: string) => page.getByRole("button", { name, exact: true });
  const bar = ({ page }: Visitor, words: string) => page.getByTestId("driver-bar").getByText(words, { exact: true });
  const printed = ({ page }: Visitor, text: string | RegExp) =>
    page.getByTestId("terminal-text").filter({ hasText: text });
  const type = async ({ page }: Visitor, text: string) => {
    await page.getByTestId("terminal").click();
    await page.keyboard.type(text);
  };

  test("the first to come types; the second sees who does, and what they type", async () => {
    await ada.go(path);
    await bar(ada, "You type").waitFor();
    // What the start files of whoever runs this do takes its time.
    await printed(ada, /[$#>%]$/).waitFor({ timeout: 150_000 });
    await guest.go(path);
    await bar(guest, "Ada types").waitFor();
    await type(ada, "echo from-$((40 + 2))\n");
    await printed(ada, "from-42").waitFor();
    await printed(guest, "from-42").waitFor();
    expect(await ada.inspect(button(ada, "Release"))).toEqual([]);
    expect(await guest.inspect(button(guest, "Take over"))).toEqual([]);
  });

  test("the second cannot type before they take over, and the first not after that", async () => {
    await type(guest, "echo guest-$((1 + 1))\n");
    await button(guest, "Take over").click();
    await bar(guest, "You type").waitFor();
    await bar(ada, "The guest types").waitFor();
    await type(ada, "echo ada-$((2 + 2))\n");
    await type(guest, "echo guest-$((3 + 3))\n");
    await printed(guest, "guest-6").waitFor();
    await printed(ada, "guest-6").waitFor();
    for (const text of ["guest-2", "ada-4", "1 + 1", "2 + 2"]) expect(await printed(ada, text).count()).toBe(0);
    const facts = (await ada.ask("GET", "/projects/DEMO/activity")) as { activities: { event_type: string }[] };
    expect(JSON.stringify(facts)).toContain("session.taken_over");
  });

  test("the terminal has the size of the one who types, and the other sees all of it", async () => {
    await guest.page.setViewportSize({ width: 700, height: 600 });
    const guestsColumns = async () => {
      await type(guest, "clear; echo columns-$(tput cols)\n");
      await printed(guest, /columns-\d/).waitFor();
      return /columns-(\d+)/.exec((await printed(guest, /columns-\d/).textContent()) ?? "")?.[1];
    };
    await expect.poll(async () => Number(await guestsColumns())).toBeLessThan(90);
    await printed(ada, /columns-\d/).waitFor();
    await guest.page.setViewportSize({ width: 1280, height: 800 });
    await expect.poll(async () => Number(await guestsColumns())).toBeGreaterThan(100);
  });

  test("whoever releases leaves the keyboard to whoever types next", async () => {
    await button(guest, "Release").click();
    await bar(ada, "Nobody types; whoever begins to has the keyboard").waitFor();
    await type(ada, "echo back-$((5 + 5))\n");
    await bar(ada, "You type").waitFor();
    await bar(guest, "Ada types").waitFor();
    await printed(guest, "back-10").waitFor();
  });

  test("what a program prints cannot reach the clipboard, and a link says where it leads", async () => {
    const { page } = ada;
    await page.evaluate(
      "navigator.clipboard && (navigator.clipboard.writeText = async (text) => { window.copied = text; })",
    );
    const link = (target: string, text: string) => `\\033]8;;${target}\\033\\\\${text}\\033]8;;\\033\\\\`;
    const clipboard = String.raw`\033]52;c;c3RvbGVu\a`;
    await type(ada, `clear; printf '${clipboard}${link("https://example.org/a", "a-link")} printed-it\\n'\n`);
    await printed(ada, /^a-link printed-it/).waitFor();
    expect(await page.evaluate("window.copied ?? null")).toBeNull();
    const box = await page.locator(".xterm-screen").boundingBox();
    await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 8, { steps: 4 });
    await page.getByTestId("link-target").getByText("https://example.org/a").waitFor();
  });

  test("whoever may only look sees who types, and has no way to", async () => {
    await ada.go("/settings/project");
    await ada.page.getByLabel("Role of The guest").selectOption("viewer");
    await button(ada, "Change now").click();
    await expect
      .poll(() => ada.ask("GET", "/projects/DEMO/members"))
      .toMatchObject({
        members: expect.arrayContaining([expect.objectContaining({ name: "The guest", role: "viewer" })]),
      });
    await guest.go(path);
    await bar(guest, "Watch only").waitFor();
    expect(await button(guest, "Take over").count()).toBe(0);
    expect(await guest.inspect(bar(guest, "Watch only"))).toEqual([]);
  });
});
