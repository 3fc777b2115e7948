import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import { PolicyRefusal } from "../policy/policy-refusal.ts";
import { LiveOutput } from "./live-output.ts";
import type { RemoteLink } from "./remote-link.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

const mostAtOnce = 4;
const usualLimitMs = 120_000;

export interface ExecOptions {
  /** Throws PolicyRefusal when the machine runs none. */
  allow: () => void;
  env: Record<string, string>;
  log: Logger;
  limitMs?: number;
}

interface Running {
  readonly ending: AbortController;
  /** Where the output is wanted as it comes. */
  readonly live: LiveOutput | undefined;
}

/**
 * Commands that the hub asks for. Each is answered, with the reason when it is refused. One that runs when the link
 * breaks goes on until it ends or its time is up; one that runs when the daemon stops, or that is cancelled, is killed.
 */
export class ExecRequests implements Disposable {
  readonly #link: RemoteLink;
  readonly #options: ExecOptions;
  readonly #running = new Map<string, Running>();

  constructor(link: RemoteLink, options: ExecOptions) {
    this.#link = link;
    this.#options = options;
  }

  async run({ request_id, command, stream = false }: Extract<HubFrame, { type: "remote_exec" }>): Promise<void> {
    const live = stream ? this.#liveOutput(request_id) : undefined;
    const result = this.#refusal() ?? (await this.#run(request_id, command, live));
    this.#link.send({ type: "remote_exec_result", request_id, ...result });
  }

  /** The hub has handed on so many pieces of the output. */
  taken(requestId: string, pieces: number): void {
    this.#running.get(requestId)?.live?.taken(pieces);
  }

  /** Nobody waits for it any more. */
  cancel(requestId: string): void {
    this.#running.get(requestId)?.ending.abort("It was cancelled.");
  }

  /** Whoever read is gone with it. */
  linkLost(): void {
    for (const { live } of this.#running.values()) live?.drop();
  }

  #liveOutput(request_id: string): LiveOutput {
    return new LiveOutput((stream, content) =>
      this.#link.sendInBackground({ type: "remote_exec_output", request_id, stream, content }),
    );
  }

  #refusal(): (CommandResult & { policy?: string }) | undefined {
    try {
      this.#options.allow();
    } catch (error) {
      if (error instanceof PolicyRefusal) return { ...refused(error.message), policy: error.policy };
      throw error;
    }
    if (this.#running.size < mostAtOnce) return undefined;
    return refused(`This machine runs ${mostAtOnce} remote commands already; try again when one has ended.`);
  }

  async #run(requestId: string, command: string, live: LiveOutput | undefined): Promise<CommandResult> {
    const { env, log, limitMs = usualLimitMs } = this.#options;
    const ending = new AbortController();
    this.#running.set(requestId, { ending, live });
    try {
      const result = await runCommand(command, { env, limitMs, signal: ending.signal, live });
      log.info({ command, exit_code: result.exit_code }, "a remote command was run");
      return result;
    } finally {
      this.#running.delete(requestId);
    }
  }

  [Symbol.dispose](): void {
    for (const { ending } of this.#running.values()) ending.abort("The daemon is stopping.");
  }
}

const refused = (why: string): CommandResult => ({ exit_code: -1, stdout: "", stderr: `[orchestratia] ${why}\n` });
