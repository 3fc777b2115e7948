import { hostname, platform } from "node:os";
import type { AgentInfo, Heartbeat, Registration } from "@orchestratia/protocol/servers";
import { agentCatalog } from "../agents/catalog.ts";
import { detectAgents } from "../agents/detect.ts";
import { type Config, type RemotePolicy, repoPaths } from "../config.ts";
import { detectCapabilities } from "../workspace/capabilities.ts";
import { macAddress, machineId } from "../workspace/machine.ts";
import type { SystemProbe } from "../workspace/system-info.ts";

/** Programs are installed and updated while we run, but looking for them is not free. */
const lookAgainAfterMs = 10 * 60_000;

/** What the daemon tells hubs about this machine. */
export class Report {
  readonly #config: () => Config;
  readonly #env: Record<string, string>;
  readonly #probe: SystemProbe;
  #agents: AgentInfo[] = [];
  #agentsOf: { config: Config; at: number } | undefined;

  constructor(config: () => Config, env: Record<string, string>, probe: SystemProbe) {
    this.#config = config;
    this.#env = env;
    this.#probe = probe;
  }

  async heartbeat(): Promise<Heartbeat> {
    const config = this.#config();
    if (this.#agentsOf?.config !== config || Date.now() - this.#agentsOf.at > lookAgainAfterMs) {
      this.#agents = await detectAgents(agentCatalog(config.agents).values(), this.#env);
      this.#agentsOf = { config, at: Date.now() };
    }
    return {
      system_info: await this.#probe.measure(),
      repos: repoPaths(config),
      agents: this.#agents,
      capabilities: { ...detectCapabilities(this.#env.PATH ?? "", config), remote: servedRequests(config.remote) },
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
const servedRequests = ({ exec, files }: RemotePolicy): string[] => [
  ...(exec ? ["exec"] : []),
  ...(files ? ["files"] : []),
];
