interface Cookie {
  value: string;
  path: string;
}

const MOST_REDIRECTS = 20;

/** Where a browser has come to. */
export interface Visited {
  url: URL;
  status: number;
  text: string;
}

/** Keeps cookies and follows redirects, as far as signing in needs it. Like a real one it does not tell ports apart. */
export class TestBrowser {
  /** By host, then by name and path. */
  readonly #jar = new Map<string, Map<string, Cookie>>();

  /** Follows every redirect but those that `stopAt` names; the visit then ends before it. */
  async visit(start: string | URL, stopAt: (url: URL) => boolean = () => false): Promise<Visited> {
    let url = new URL(start);
    for (let hops = 0; hops < MOST_REDIRECTS; hops += 1) {
      if (hops > 0 && stopAt(url)) return { url, status: 0, text: "" };
      const response = await this.fetch(url);
      const location = response.headers.get("location");
      if (location === null) return { url, status: response.status, text: await response.text() };
      await response.body?.cancel();
      url = new URL(location, url);
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects from ${start}`);
  }

  /** One request with its cookies, and the answer as it is. */
  async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const cookie = this.#cookiesFor(url);
    if (cookie !== "") headers.set("cookie", cookie);
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.#keep(url, line);
    return response;
  }

  /** The cookies of a host whose names match, by name. */
  cookies(host: string, name: RegExp): Record<string, string> {
    const kept = [...(this.#jar.get(host) ?? [])].map(
      ([key, { value }]) => [key.split(" ", 1)[0] ?? "", value] as const,
    );
    return Object.fromEntries(kept.filter(([key]) => name.test(key)));
  }

  /** As if the host had set it. */
  setCookie(host: string, name: string, value: string, path = "/"): void {
    const jar = this.#jar.get(host) ?? new Map<string, Cookie>();
    this.#jar.set(host, jar.set(`${name} ${path}`, { value, path }));
  }

  #cookiesFor({ hostname, pathname }: URL): string {
    const fitting = [...(this.#jar.get(hostname) ?? [])].filter(([, { path }]) => pathname.startsWith(path));
    return fitting.map(([key, { value }]) => `${key.split(" ", 1)[0]}=${value}`).join("; ");
  }

  #keep({ hostname }: URL, line: string): void {
    const [pair = "", ...attributes] = line.split(/;\s*/);
    const [name = "", ...value] = pair.split("=");
    const given = new Map(
      attributes.map((attribute) => attribute.split("=", 2)).map(([key, text]) => [key?.toLowerCase(), text]),
    );
    const path = given.get("path") ?? "/";
    const expires = given.get("expires");
    const isGone = given.get("max-age") === "0" || (expires !== undefined && new Date(expires).getTime() <= Date.now());
    if (isGone) this.#jar.get(hostname)?.delete(`${name} ${path}`);
    else this.setCookie(hostname, name, value.join("="), path);
  }
}
