import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Locator, Page } from "playwright-core";

const desk = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

/** Somebody in front of a browser who notices everything that is wrong with a page. */
export class Visitor {
  readonly page: Page;
  readonly #origin: string;
  readonly #complaints: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    this.#origin = origin;
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => this.#complaints.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.#complaints.push(`console: ${message.text()}`);
    });
  }

  static async open(browser: Browser, origin: string): Promise<Visitor> {
    const context = await browser.newContext({ viewport: desk, reducedMotion: "reduce" });
    return new Visitor(await context.newPage(), origin);
  }

  /** What the browser complained of since the last time. */
  complaints(): string[] {
    return this.#complaints.splice(0);
  }

  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#origin).href);
  }

  /** What the hub's API says to the signed-in page. Throws what it refuses with. */
  ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.page.evaluate(
      async ([asked, url, text]) => {
        const { csrf_token } = await (await fetch("/api/v1/auth/me")).json();
        const headers = { "content-type": "application/json", "x-csrf-token": csrf_token };
        const answer = await fetch(url as string, {
          method: asked as string,
          headers,
          ...(text ? { body: text } : {}),
        });
        if (!answer.ok) throw new Error(await answer.text());
        return answer.json();
      },
      [method, `/api/v1${path}`, body === undefined ? null : JSON.stringify(body)],
    );
  }

  /** What is wrong with the page as it is, on a desk by day and on a phone by night; `content` says that it is there. */
  async inspect(content: Locator): Promise<string[]> {
    const { page } = this;
    const found: string[] = [];
    for (const [viewport, colorScheme] of [
      [desk, "light"],
      [phone, "dark"],
    ] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await content.first().waitFor();
      const room = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]");
      const [needed, given] = room as [number, number];
      if (needed > given) found.push(`${given} px wide, it needs ${needed}`);
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, nodes } of violations) {
        found.push(...nodes.map(({ target }) => `${colorScheme}, ${id}: ${target.join(" ")}`));
      }
    }
    await page.setViewportSize(desk);
    await page.emulateMedia({ colorScheme: "light" });
    return found;
  }
}
