import type { Browser } from "playwright-core";
import { Home, Instance } from "../testing/instance.ts";
import { launchChromium } from "./chromium.ts";
import { Visitor } from "./visitor.ts";

/** A hub that was just installed, with its browser; and Ada, who has set it up and is signed in. */
export class FreshHub implements AsyncDisposable {
  readonly #home: Home;
  readonly #instance: Instance;
  readonly #browser: Browser;
  readonly admin: Visitor;

  private constructor(home: Home, instance: Instance, browser: Browser, admin: Visitor) {
    this.#home = home;
    this.#instance = instance;
    this.#browser = browser;
    this.admin = admin;
  }

  static async open(): Promise<FreshHub> {
    const browser = await launchChromium();
    const home = await Home.make();
    const instance = await Instance.start(home);
    const admin = await Visitor.open(browser, instance.url);
    await admin.go(instance.setupLink ?? "no set-up link was printed");
    await admin.page.getByLabel("Name").fill("Ada");
    await admin.page.getByLabel("E-mail").fill("ada@example.com");
    await admin.page.getByLabel("Password").fill("correct horse battery staple");
    await admin.page.getByRole("button", { name: "Make the admin and sign in" }).click();
    await admin.page.getByRole("heading", { name: "Nothing needs you" }).waitFor();
    return new FreshHub(home, instance, browser, admin);
  }

  get url(): string {
    return this.#instance.url;
  }

  /** Somebody else in front of a browser of their own. */
  another(): Promise<Visitor> {
    return Visitor.open(this.#browser, this.#instance.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#instance[Symbol.asyncDispose]();
    await this.#home[Symbol.asyncDispose]();
  }
}
