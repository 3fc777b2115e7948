import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FreshHub } from "./fresh-hub.ts";
import type { Visitor } from "./visitor.ts";

const isSkipped = process.env.ORCHESTRATIA_SKIP_BROWSER === "1";
if (isSkipped) console.log("The browser test is left out: ORCHESTRATIA_SKIP_BROWSER=1");

const guestsPassword = "a walnut shelf with three boards";

/** One story: each test goes on where the one before ended. */
describe.skipIf(isSkipped)("who comes in, and what they may", () => {
  let hub: FreshHub;
  let admin: Visitor;
  let guest: Visitor;

  beforeAll(async () => {
    hub = await FreshHub.open();
    admin = hub.admin;
    guest = await hub.another();
  });

  afterAll(() => hub?.[Symbol.asyncDispose]());

  // A page that asks who is there before anybody has signed in is told, and the browser tells of that.
  const unknownYet = (text: string) => text.includes("401");
  afterEach(() => {
    expect(admin.complaints()).toEqual([]);
    expect(guest.complaints().filter((text) => !unknownYet(text))).toEqual([]);
  });

  const button = ({ page }: Visitor, name: string) => page.getByRole("button", { name, exact: true });
  const row = ({ page }: Visitor, kind: string, text: string) => page.getByTestId(kind).filter({ hasText: text });
  /** The link in the dialog, as somebody hands it over. */
  async function takeLink({ page }: Visitor): Promise<string> {
    const link = await page.getByTestId("shown-link").locator("code").textContent();
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
    return new URL(link ?? "no link").pathname + new URL(link ?? "no link").search + new URL(link ?? "").hash;
  }

  test("an admin makes a link, and whoever has it makes an account", async () => {
    await admin.go("/settings/people");
    expect(await admin.inspect(row(admin, "account", "Ada"))).toEqual([]);
    await button(admin, "Invite").click();
    expect(await admin.inspect(admin.page.getByLabel("Role in the hub"))).toEqual([]);
    await admin.page.getByRole("dialog").getByLabel("E-mail address").fill("guest@example.com");
    await button(admin, "Make the link").click();
    const link = await takeLink(admin);
    await guest.go(link);
    expect(await guest.inspect(guest.page.getByRole("heading", { name: "You are invited" }))).toEqual([]);
    await guest.page.getByLabel("Name").fill("The guest");
    await guest.page.getByLabel("Password").fill(guestsPassword);
    await button(guest, "Make your account and sign in").click();
    await guest.page.getByText("You are in no project yet").waitFor();
    await admin.page.reload();
    await row(admin, "account", "The guest").getByText("in no projects, signed in once").waitFor();
    await row(admin, "invitation", "guest@example.com").getByText("accepted by The guest").waitFor();
  });

  test("whoever is no admin settles their own account, and is told why nothing else", async () => {
    await guest.go("/settings");
    expect(await guest.inspect(guest.page.getByRole("heading", { name: "Settings" }))).toEqual([]);
    await guest.go("/settings/people");
    await guest.page.getByText("Only admins settle this").waitFor();
    await guest.go("/settings/sign-in");
    expect(await guest.inspect(guest.page.getByText("Only admins settle this"))).toEqual([]);
  });

  test("is added to a project, and given more to do there", async () => {
    await admin.go("/settings/project");
    await button(admin, "Add somebody").click();
    expect(await admin.inspect(admin.page.getByRole("dialog"))).toEqual([]);
    await admin.page.getByRole("dialog").getByLabel("E-mail address").fill("guest@example.com");
    await admin.page.getByRole("dialog").getByLabel("Role in the project").selectOption("viewer");
    await admin.page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
    const member = row(admin, "member", "The guest");
    await guest.go("/tasks");
    await guest.page.getByRole("heading", { name: "Tasks" }).waitFor();
    expect(await button(guest, "New task").count()).toBe(0);
    await member.getByLabel("Role of The guest").selectOption("member");
    await member.getByText("The guest becomes a member.").waitFor();
    expect(await admin.inspect(member)).toEqual([]);
    await button(admin, "Change now").click();
    await expect
      .poll(() => admin.ask("GET", "/projects/DEMO/members"))
      .toMatchObject({
        members: expect.arrayContaining([expect.objectContaining({ name: "The guest", role: "member" })]),
      });
  });

  test("an account that is deactivated opens nothing from then on; a link brings it back", async () => {
    await admin.go("/settings/people");
    const account = row(admin, "account", "The guest");
    await account.getByRole("button", { name: /^Deactivate/ }).click();
    expect(await admin.inspect(account.getByText(/ends at once/))).toEqual([]);
    await button(admin, "Deactivate now").click();
    await account.getByText("Deactivated").waitFor();
    await guest.go("/tasks");
    await guest.page.getByRole("button", { name: "Sign in" }).waitFor();
    await account.getByRole("button", { name: /^Reactivate/ }).click();
    await account.getByRole("button", { name: /^Reset link/ }).click();
    await button(admin, "Make the link").click();
    expect(await admin.inspect(admin.page.getByTestId("shown-link"))).toEqual([]);
    await guest.go(await takeLink(admin));
    expect(await guest.inspect(guest.page.getByLabel("New password"))).toEqual([]);
    await guest.page.getByLabel("New password").fill(`${guestsPassword} and a back`);
    await button(guest, "Set the password and sign in").click();
    await guest.page.getByRole("heading", { name: "Nothing needs you" }).waitFor();
  });

  test("the last admin cannot leave the hub without one", async () => {
    const own = row(admin, "account", "Ada");
    await own.getByLabel("Role of Ada").selectOption("viewer");
    await button(admin, "Change now").click();
    await own.getByRole("alert").waitFor();
    expect(admin.complaints().filter((text) => !text.includes("409"))).toEqual([]);
    expect(await own.getByLabel("Role of Ada").inputValue()).toBe("admin");
  });

  test("sets up a provider to sign in with", async () => {
    await admin.go("/settings/sign-in");
    expect(await admin.inspect(admin.page.getByText("No providers yet"))).toEqual([]);
    await button(admin, "Add a provider").click();
    expect(await admin.inspect(admin.page.getByRole("dialog"))).toEqual([]);
  });
});
