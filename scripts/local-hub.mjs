// The hub of this machine, as its owner's programs talk to it.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The hub said no; the message is its sentence. */
export class RefusedError extends Error {
  name = "RefusedError";

  constructor(status, problem) {
    super(problem?.detail ?? `The hub answered ${status}.`);
    this.code = String(problem?.type ?? "").replace("urn:orchestratia:problem:", "");
  }
}

/** The token (0600) that the hub keeps in its home for programs of the machine's owner. */
export function readLocalToken(home) {
  const file = join(home, "local-token");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error.code === "ENOENT")
      throw new Error(`There is no ${file}: no hub was started with this ORCHESTRATIA_HOME.`);
    throw error;
  }
}

export class LocalHub {
  #url;
  #headers;

  /** `headers` sign every request. */
  constructor(url, headers) {
    this.#url = url;
    this.#headers = headers;
  }

  static withToken = (url, token) => new LocalHub(url, { authorization: `Bearer ${token}` });
  static withKey = (url, key) => new LocalHub(url, { "x-api-key": key });

  get = (path) => this.#call("GET", path);
  post = (path, body) => this.#call("POST", path, body);

  async #call(method, path, body) {
    const init = {
      method,
      headers: { accept: "application/json", ...this.#headers },
      signal: AbortSignal.timeout(30_000),
    };
    if (body !== undefined) {
      init.headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const response = await fetch(`${this.#url}/api/v1${path}`, init).catch((error) => {
      throw new Error(`No hub answers at ${this.#url}: is \`npm start\` running with this PORT?`, { cause: error });
    });
    const answer = await response.json().catch(() => undefined);
    if (!response.ok) throw new RefusedError(response.status, answer);
    return answer;
  }
}
