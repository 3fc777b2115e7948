import { Problem } from "@orchestratia/protocol/problems";
import type { EvidenceResult } from "@orchestratia/protocol/workspace";
import type { Caller } from "../access/caller.ts";
import type { Engine } from "../tasks/engine.ts";
import { EvidenceLog } from "./evidence-log.ts";
import { howItEnded } from "./how-it-ended.ts";
import { keepDiff } from "./keep-diff.ts";
import type { Proof, ProofWanted } from "./proof.ts";

/** Longest that one verify command may take. */
const VERIFY_LIMIT_S = 600;

/**
 * Takes the evidence for completions, outside of any transaction. Whoever asks again while the commands of a task run, as
 * a client does that lost patience, gets the answer of that run.
 */
export class Proofs {
  readonly #engine: () => Engine;
  readonly #running = new Map<string, Promise<Proof>>();

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  /** Throws evidence_failed, naming the command, how it ended and the end of what it printed. */
  take(wanted: ProofWanted): Promise<Proof> {
    const { id, epoch, verify_commands } = wanted.picture;
    const key = JSON.stringify([id, epoch, verify_commands]);
    const running = this.#running.get(key) ?? this.#take(wanted).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #take({ caller, picture, session }: ProofWanted): Promise<Proof> {
    const engine = this.#engine();
    const { id, key, epoch, verify_commands: commands, own_checkout } = picture;
    const serverId = serverOf(caller) ?? picture.holder_server_id ?? picture.assigned_server_id;
    if (serverId === null) throw new Problem("evidence_failed", `Nobody knows on which server the work on ${key} is.`);
    if (commands.length > 0) {
      const log = new EvidenceLog(engine, picture, serverId, commands);
      const wanted = { task_id: id, worker_session: session ?? "", commands, limit_s: VERIFY_LIMIT_S };
      const taken = await engine.workspaces
        .evidence(serverId, wanted, (piece) => log.add(piece))
        .catch(async (error: unknown) => {
          await log.end([]);
          if (!(error instanceof Problem)) throw error;
          throw new Problem("evidence_failed", `The verify commands of ${key} could not be run. ${error.detail}`);
        });
      await log.end(taken.results);
      const failed = taken.results.find(({ exit_code }) => exit_code !== 0);
      if (failed || !taken.ok) throw failure(key, failed, taken.results);
    }
    if (own_checkout) await keepDiff(engine, picture, serverId);
    return { epoch, commands };
  }
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
