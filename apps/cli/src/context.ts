import { HubClient } from "@orchestratia/client/http";
import { CommandError } from "./command-error.ts";
import type { Environment } from "./config.ts";
import { findHubAccess } from "./hub-access.ts";
import { nodeFetch } from "./node-fetch.ts";
import { Output, type Writer } from "./output.ts";
import { version } from "./version.ts";

/** What a command works with. */
export interface Context {
  readonly environment: Environment;
  readonly output: Output;
  /** The whole of standard input; a second reader is refused. */
  readStdin(): Promise<string>;
  /** Throws `not_configured` when nothing says which hub it is. */
  hub(options?: { timeoutMs: number }): Promise<HubClient>;
}

export interface ContextOptions {
  environment: Environment;
  json: boolean;
  stdin: AsyncIterable<string | Uint8Array>;
  stdout: Writer & { isTTY?: boolean };
  stderr: Writer;
}

export function createContext({ environment, json, stdin, stdout, stderr }: ContextOptions): Context {
  let stdinTaken = false;
  return {
    environment,
    output: new Output({ json, stdout, stderr, color: environment.color === "terminal" && stdout.isTTY === true }),
    async readStdin() {
      if (stdinTaken) throw new CommandError("invalid_input", "Only one value can come from standard input.");
      stdinTaken = true;
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString("utf8");
    },
    async hub(options) {
      const { url, apiKey } = await findHubAccess(environment);
      return new HubClient({
        baseUrl: url,
        headers: () => ({ "x-api-key": apiKey, "user-agent": `orchestratia-cli/${version()}` }),
        fetch: nodeFetch,
        retries: 2,
        ...options,
      });
    },
  };
}
