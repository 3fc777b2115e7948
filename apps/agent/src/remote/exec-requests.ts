import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import { PolicyRefusal } from "../policy/policy-refusal.ts";
import type { RemoteLink } from "./remote-link.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

const mostAtOnce = 4;
const limitMs = 120_000;

export interface ExecOptions {
  /** Throws PolicyRefusal when the machine runs none. */
  allow: () => void;
  env: Record<string, string>;
  log: Logger;
  limitMs?: number;
}

/**
 * Commands that the hub asks for. Each is answered, with the reason when it is refused. One that runs when the link
 * breaks goes on until it ends or its time is up; one that runs when the daemon stops is killed.
 */
export class ExecRequests implements Disposable {
  readonly #link: RemoteLink;
  readonly #options: ExecOptions;
  readonly #stopping = new AbortController();
  #running = 0;

  constructor(link: RemoteLink, options: ExecOptions) {
    this.#link = link;
    this.#options = options;
  }

  async run({ request_id, command }: Extract<HubFrame, { type: "remote_exec" }>): Promise<void> {
    const result = this.#refusal() ?? (await this.#run(command));
    this.#link.send({ type: "remote_exec_result", request_id, ...result });
  }

  #refusal(): (CommandResult & { policy?: string }) | undefined {
    try {
      this.#options.allow();
    } catch (error) {
      if (error instanceof PolicyRefusal) return { ...refused(error.message), policy: error.policy };
      throw error;
    }
    if (this.#running < mostAtOnce) return undefined;
    return refused(`This machine runs ${mostAtOnce} remote commands already; try again when one has ended.`);
  }

  async #run(command: string): Promise<CommandResult> {
    const { env, log } = this.#options;
    const { signal } = this.#stopping;
    this.#running += 1;
    try {
      const result = await runCommand(command, { env, limitMs: this.#options.limitMs ?? limitMs, signal });
      log.info({ command, exit_code: result.exit_code }, "a remote command was run");
      return result;
    } finally {
      this.#running -= 1;
    }
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
  }
}

const refused = (why: string): CommandResult => ({ exit_code: -1, stdout: "", stderr: `[orchestratia] ${why}\n` });
