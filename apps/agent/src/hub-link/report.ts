import { hostname, platform } from "node:os";
import type { AgentInfo, Heartbeat, Registration } from "@orchestratia/protocol/servers";
import { agentCatalog } from "../agents/catalog.ts";
import { detectAgents } from "../agents/detect.ts";
import { type Config, repoPaths } from "../config.ts";
import type { Policy } from "../policy/policy.ts";
import { detectCapabilities } from "../workspace/capabilities.ts";
import { macAddress, machineId } from "../workspace/machine.ts";
import type { SystemProbe } from "../workspace/system-info.ts";

/** Programs are installed and updated while we run, but looking for them is not free. */
const lookAgainAfterMs = 10 * 60_000;

export interface ReportSettings {
  config: () => Config;
  policy: () => Policy;
}

/** What the daemon tells hubs about this machine. */
export class Report {
  readonly #settings: ReportSettings;
  readonly #env: Record<string, string>;
  readonly #probe: SystemProbe;
  #agents: AgentInfo[] = [];
  #agentsOf: { config: Config; at: number } | undefined;

  constructor(settings: ReportSettings, env: Record<string, string>, probe: SystemProbe) {
    this.#settings = settings;
    this.#env = env;
    this.#probe = probe;
  }

  async heartbeat(): Promise<Heartbeat> {
    const config = this.#settings.config();
    const policy = this.#settings.policy();
    if (this.#agentsOf?.config !== config || Date.now() - this.#agentsOf.at > lookAgainAfterMs) {
      this.#agents = await detectAgents(agentCatalog(config.agents).values(), this.#env);
      this.#agentsOf = { config, at: Date.now() };
    }
    return {
      system_info: await this.#probe.measure(),
      repos: repoPaths(config),
      agents: startable(this.#agents, policy),
      capabilities: { ...detectCapabilities(this.#env.PATH ?? "", config), remote: servedRequests(policy) },
      max_concurrent: config.max_concurrent,
    };
  }

  async registration(name: string): Promise<Omit<Registration, "registration_token">> {
    return {
      name,
      hostname: hostname(),
      os: platform(),
      machine_id: await machineId(),
      mac_address: macAddress(),
      ...(await this.heartbeat()),
    };
  }
}

/** What others may ask of this machine, in the protocol's words. */
function servedRequests({ sessions, remote: { exec, read = exec }, files }: Policy): string[] {
  const served = { sessions: sessions.start, exec, read, "files.in": files.in, "files.out": files.out };
  return Object.entries(served).flatMap(([word, isServed]) => (isServed ? [word] : []));
}

/** Work is placed by it. A machine that says of no agent is taken for one of version 1: where none may be started, all are said. */
function startable(agents: AgentInfo[], { sessions }: Policy): AgentInfo[] {
  const allowed = agents.filter(({ name }) => sessions.agents?.includes(name) ?? true);
  return allowed.length > 0 ? allowed : agents;
}
