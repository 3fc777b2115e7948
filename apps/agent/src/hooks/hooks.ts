import { join } from "node:path";
import { HubClient } from "@orchestratia/client/http";
import type { Logger } from "pino";
import type { ToolDecision } from "../agents/hook-event.ts";
import type { Registration } from "../config.ts";
import { DecisionLog } from "./decision-log.ts";
import type { HookListener, ToolEvent } from "./hook-listener.ts";
import { HookServer } from "./hook-server.ts";
import { PermissionGate } from "./permission-gate.ts";
import { RuleCache } from "./rule-cache.ts";

export interface HooksOptions {
  stateDir: string;
  listener: HookListener;
  /** The registration that a session belongs to; undefined for one that is not here. */
  registrationOf(sessionId: string): Registration | undefined;
  log: Logger;
  decisionLimitMs?: number;
}

interface Guard {
  registration: Registration;
  rules: RuleCache;
  decisions: DecisionLog;
  gate: PermissionGate;
}

/** The hooks of all sessions of this machine: their socket, and for each registration its rules and its log. */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #server: HookServer;
  readonly #guards = new Map<string, Guard>();

  constructor(options: HooksOptions) {
    const { stateDir, listener, log } = options;
    this.#options = options;
    const gate = {
      decide: (sessionId: string, agent: string, event: ToolEvent, asker: AbortSignal) =>
        this.#decide({ sessionId, agent, event }, asker),
    };
    this.#server = new HookServer({ stateDir, listener, gate, log });
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  /** Whoever waits for a decision gets none; what is not logged yet is sent by the next daemon. */
  async stop(): Promise<void> {
    await this.#server.stop();
    const guards = [...this.#guards.values()];
    for (const { rules } of guards) rules.stop();
    await Promise.all(guards.map(({ decisions }) => decisions.stop()));
  }

  /** What a session's programs must find in their environment. */
  envFor(sessionId: string): Record<string, string> {
    return this.#server.envFor(sessionId);
  }

  /** The hub was reached, or says that its rules have changed. Resolves when they are read or could not be, and are read later. */
  async refresh(registration: Registration): Promise<void> {
    const { rules, decisions } = this.#guardOf(registration);
    decisions.flush();
    await rules.refresh();
  }

  async #decide(
    wish: { sessionId: string; agent: string; event: ToolEvent },
    asker: AbortSignal,
  ): Promise<ToolDecision> {
    const registration = this.#options.registrationOf(wish.sessionId);
    if (!registration) return { decision: "deny", reason: "Orchestratia does not know this session any more." };
    return this.#guardOf(registration).gate.decide(wish, asker);
  }

  #guardOf(registration: Registration): Guard {
    const known = this.#guards.get(registration.server_id);
    if (known && isSameLine(known.registration, registration)) return known;
    known?.rules.stop();
    void known?.decisions.stop();
    const { stateDir, listener, log, decisionLimitMs } = this.#options;
    const { server_id: serverId, hub_url: baseUrl, api_key } = registration;
    const client = new HubClient({ baseUrl, headers: () => ({ "x-api-key": api_key }) });
    const ownLog = log.child({ server: registration.name });
    const folder = join(stateDir, "permissions");
    const rules = new RuleCache(join(folder, `${serverId}.rules.json`), client, ownLog);
    const decisions = new DecisionLog(join(folder, `${serverId}.decisions.jsonl`), client, ownLog);
    const gate = new PermissionGate({
      serverId,
      client,
      rules,
      decisions,
      listener,
      log: ownLog,
      ...(decisionLimitMs !== undefined && { decisionLimitMs }),
    });
    const guard = { registration, rules, decisions, gate };
    this.#guards.set(serverId, guard);
    return guard;
  }
}

const isSameLine = (a: Registration, b: Registration): boolean => a.hub_url === b.hub_url && a.api_key === b.api_key;
