import { Problem } from "@orchestratia/protocol/problems";
import type { EvidenceResult } from "@orchestratia/protocol/workspace";
import type { Caller } from "../access/caller.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { Engine } from "../tasks/engine.ts";
import { EvidenceLog } from "./evidence-log.ts";
import { howItEnded } from "./how-it-ended.ts";
import { keepDiff } from "./keep-diff.ts";
import type { Proof, ProofWanted } from "./proof.ts";

/** Longest that one verify command may take. */
const VERIFY_LIMIT_S = 600;

/** How long a completion waits for a daemon that went away while it verified, or before: it is restarted, or its link. */
const PATIENCE_MS = 5 * 60_000;
/** What takes its daemon with it each time does not pass. */
const MOST_RUNS = 3;

/**
 * Takes the evidence for completions, outside of any transaction. Whoever asks again while the commands of a task run, as
 * a client does that lost patience, gets the answer of that run. When the daemon goes away meanwhile they are run again as
 * soon as it is back.
 */
export class Proofs implements Disposable {
  readonly #engine: () => Engine;
  readonly #connections: Pick<ServerConnections, "isConnected" | "onChange">;
  readonly #patienceMs: number;
  readonly #running = new Map<string, Promise<Proof>>();
  readonly #stop = new AbortController();

  constructor(
    engine: () => Engine,
    connections: Pick<ServerConnections, "isConnected" | "onChange">,
    patienceMs = PATIENCE_MS,
  ) {
    this.#engine = engine;
    this.#connections = connections;
    this.#patienceMs = patienceMs;
  }

  /** Throws evidence_failed, naming the command, how it ended and the end of what it printed; shutting_down when disposed. */
  take(wanted: ProofWanted): Promise<Proof> {
    const { id, epoch, verify_commands } = wanted.picture;
    const key = JSON.stringify([id, epoch, verify_commands]);
    const running = this.#running.get(key) ?? this.#take(wanted).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #take({ caller, picture, session }: ProofWanted): Promise<Proof> {
    const { key, epoch, verify_commands: commands, own_checkout } = picture;
    const serverId = serverOf(caller) ?? picture.holder_server_id ?? picture.assigned_server_id;
    if (serverId === null) throw new Problem("evidence_failed", `Nobody knows on which server the work on ${key} is.`);
    if (commands.length > 0) {
      const taken = await this.#verify({ picture, serverId, session: session ?? "" });
      const failed = taken.results.find(({ exit_code }) => exit_code !== 0);
      if (failed || !taken.ok) throw failure(key, failed, taken.results);
    }
    if (own_checkout) await keepDiff(this.#engine(), picture, serverId);
    return { epoch, commands };
  }

  /** The hub stops: whoever waits is to ask again when it is back. */
  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #verify(wanted: Verification): Promise<Verified> {
    const until = performance.now() + this.#patienceMs;
    for (let runs = 1; ; runs += 1) {
      try {
        return await this.#orStopped(this.#run(wanted));
      } catch (error) {
        if (!(error instanceof Problem) || error.code === "shutting_down") throw error;
        const mayComeBack = error.code === "server_unreachable" && runs < MOST_RUNS;
        if (mayComeBack && (await this.#isBack(wanted.serverId, until - performance.now()))) continue;
        const why = `The verify commands of ${wanted.picture.key} could not be run. ${error.detail}`;
        throw new Problem("evidence_failed", why);
      }
    }
  }

  async #run({ picture, serverId, session }: Verification): Promise<Verified> {
    const { id, verify_commands: commands } = picture;
    const engine = this.#engine();
    const log = new EvidenceLog(engine, picture, serverId, commands);
    const wanted = { task_id: id, worker_session: session, commands, limit_s: VERIFY_LIMIT_S };
    const taken = engine.workspaces.evidence(serverId, wanted, (piece) => log.add(piece));
    await log.end(await taken.then(({ results }) => results).catch(() => []));
    return taken;
  }

  /** Resolves when the server is connected: true; or after `withinMs`: false. */
  async #isBack(serverId: string, withinMs: number): Promise<boolean> {
    const wait = { stop: () => {} };
    const back = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      const stop = this.#connections.onChange((changed, connected) => {
        if (changed === serverId && connected) resolve(true);
      });
      if (this.#connections.isConnected(serverId)) resolve(true);
      wait.stop = () => {
        clearTimeout(timer);
        stop();
      };
    });
    return this.#orStopped(back).finally(() => wait.stop());
  }

  #orStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const stopped = () => reject(new Problem("shutting_down", "The hub is stopping. Try again in a moment."));
      signal.addEventListener("abort", stopped);
      if (signal.aborted) stopped();
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stopped));
    });
  }
}

interface Verification {
  picture: ProofWanted["picture"];
  serverId: string;
  session: string;
}

interface Verified {
  ok: boolean;
  results: EvidenceResult[];
}

function failure(key: string, failed: EvidenceResult | undefined, results: EvidenceResult[]): Problem {
  if (!failed) return new Problem("evidence_failed", `The verify commands of ${key} were not run to their end.`);
  const { command, exit_code, signal, timed_out, duration_ms, tail } = failed;
  const sentence = `The verify command "${command}" of ${key} ${howItEnded(failed)}.`;
  const printed = tail.trim() === "" ? "It printed nothing." : `The end of what it printed:\n${tail.trimEnd()}`;
  return new Problem("evidence_failed", `${sentence} ${printed}`, {
    command,
    exit_code,
    signal,
    timed_out,
    duration_ms,
    tail,
    passed: results.filter((result) => result !== failed).map((result) => result.command),
  });
}

function serverOf(caller: Caller): string | null {
  if (caller.kind === "session") return caller.serverId;
  return caller.kind === "server" ? caller.id : null;
}
