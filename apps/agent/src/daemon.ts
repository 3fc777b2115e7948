import { unwatchFile, watchFile } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { agentCatalog } from "./agents/catalog.ts";
import { contextText } from "./agents/context-text.ts";
import { Conversations } from "./agents/conversations.ts";
import { systemClock } from "./clock.ts";
import { type Config, type Registration, readConfig, repoPaths } from "./config.ts";
import { Hooks } from "./hooks/hooks.ts";
import { cliFolder } from "./hub-link/cli-folder.ts";
import { HubLink, type HubLinkOptions } from "./hub-link/hub-link.ts";
import type { HubSession } from "./hub-link/hub-session.ts";
import { Report } from "./hub-link/report.ts";
import { type InstanceLock, lockInstance } from "./instance-lock.ts";
import { SessionLimits } from "./limits/session-limits.ts";
import { type Policy, policyPath, readPolicy } from "./policy/policy.ts";
import { StrayRecordings } from "./recording/stray-recordings.ts";
import { type RemoteOptions, transfersFolder, worktreesFolder } from "./remote/remote-requests.ts";
import { usualFolders } from "./remote/sendable-file.ts";
import { ownHolderCommand } from "./terminals/holder/launch.ts";
import type { TmuxPlace } from "./terminals/holder/tmux-control.ts";
import { Terminals } from "./terminals/terminals.ts";
import { findTmux } from "./terminals/tmux-server.ts";
import { version } from "./version.ts";
import { SystemProbe } from "./workspace/system-info.ts";
import type { WorkspaceOptions } from "./workspace/workspace-requests.ts";

const configLookMs = 2000;
/** How long closed sessions may take to tell their hub how they ended before we leave without that. */
const farewellMs = 4000;
const linksEndMs = 2000;

export interface DaemonOptions {
  configPath: string;
  stateDir: string;
  baseEnv: Record<string, string>;
  log: Logger;
  holderCommand?: string[];
  /** How its links pace themselves, where not as usual. */
  pace?: Pick<HubLinkOptions, "firstRetryMs" | "pings">;
}

/** The whole daemon: one set of terminals, one link per registration. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #lock: InstanceLock;
  readonly #terminals: Terminals;
  readonly #limits: SessionLimits;
  readonly #strays: StrayRecordings;
  readonly #links = new Map<string, { link: HubLink; ended: Promise<void> }>();
  readonly #report: Report;
  readonly #hooks: Hooks;
  readonly #conversations: Conversations;
  #config: Config;
  /** Where new sessions run, when the configuration says tmux. */
  #tmux: TmuxPlace | undefined;
  #policy: Policy;

  private constructor(options: DaemonOptions, lock: InstanceLock) {
    const { configPath, stateDir, baseEnv, holderCommand = ownHolderCommand() } = options;
    this.#options = options;
    this.#lock = lock;
    this.#config = readConfig(configPath);
    this.#policy = readPolicy(policyPath(configPath));
    this.#tmux = this.#findTmux(this.#config);
    this.#terminals = new Terminals(stateDir, holderCommand, {
      mostRunning: () => this.#config.max_sessions,
      refusal: () => this.#limits.refusal(),
      tmux: () => this.#tmux,
    });
    this.#limits = new SessionLimits({
      sessions: () => this.#terminals.all(),
      limits: () => this.#config,
      onNear: (sessionId, text) => this.#session(sessionId)?.warn(text),
      clock: systemClock,
      log: options.log,
    });
    this.#strays = new StrayRecordings({
      sessions: () => this.#terminals.all(),
      serverIds: () => this.#config.registrations.map(({ server_id }) => server_id),
      log: options.log,
    });
    this.#report = new Report(
      { config: () => this.#config, policy: () => this.#policy },
      baseEnv,
      new SystemProbe(version),
    );
    this.#conversations = new Conversations(stateDir);
    this.#hooks = new Hooks({
      stateDir,
      listener: {
        onEvent: (sessionId, event) => this.#session(sessionId)?.hook(event),
        onAsking: (sessionId, text) => this.#session(sessionId)?.asking(text) ?? (() => {}),
        contextOf: () => contextText,
      },
      registrationOf: (sessionId) => this.#registrationOf(sessionId),
      log: options.log,
    });
  }

  /** Takes over the sessions that are there and links to every hub it is registered with. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const lock = await lockInstance(options.stateDir);
    const daemon = Daemon.#configured(options, lock);
    await daemon.#terminals.adopt();
    await daemon.#hooks.start();
    daemon.#link();
    daemon.#strays.begin();
    // `--register` in another process adds a registration while we run.
    for (const path of daemon.#watched()) watchFile(path, { interval: configLookMs }, () => daemon.#reload());
    return daemon;
  }

  static #configured(options: DaemonOptions, lock: InstanceLock): Daemon {
    try {
      return new Daemon(options, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  #findTmux({ backend }: Config): TmuxPlace | undefined {
    const { stateDir, baseEnv } = this.#options;
    return backend === "tmux" ? findTmux(stateDir, baseEnv.PATH ?? "") : undefined;
  }

  #session(id: string): HubSession | undefined {
    return [...this.#links.values()].map(({ link }) => link.session(id)).find((session) => session !== undefined);
  }

  #registrationOf(sessionId: string): Registration | undefined {
    const serverId = this.#terminals.get(sessionId)?.record.server_id;
    return this.#config.registrations.find(({ server_id }) => server_id === serverId);
  }

  #watched(): string[] {
    const { configPath } = this.#options;
    return [configPath, policyPath(configPath)];
  }

  /** A mistake in one of the files does not keep the other from being used, above all not a stricter policy. */
  #reload(): void {
    const { configPath } = this.#options;
    this.#try("the changed policy is not used", () => {
      this.#policy = readPolicy(policyPath(configPath));
    });
    this.#try("the changed configuration is not used", () => {
      const config = readConfig(configPath);
      this.#tmux = this.#findTmux(config);
      this.#config = config;
      this.#link();
    });
  }

  #try(failure: string, change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#options.log.error({ error: error instanceof Error ? error.message : String(error) }, failure);
    }
  }

  /** Makes the links what the registrations say. */
  #link(): void {
    const { baseEnv, stateDir, log } = this.#options;
    const wanted = new Map(
      this.#config.registrations.map((registration) => [JSON.stringify(registration), registration]),
    );
    for (const [key, { link }] of this.#links) {
      if (wanted.has(key)) continue;
      link.stop();
      this.#links.delete(key);
    }
    for (const [key, registration] of wanted) {
      if (this.#links.has(key)) continue;
      const link = new HubLink({
        registration,
        terminals: this.#terminals,
        report: this.#report,
        agents: () => agentCatalog(this.#config.agents),
        tryAgainMs: () => this.#config.usage_limit_retry_seconds * 1000,
        baseEnv,
        cliFolder: cliFolder(stateDir, this.#config.cli_path),
        remote: this.#remoteOptions(registration),
        hooks: this.#hooks,
        conversations: this.#conversations,
        log: log.child({ server: registration.name }),
        ...this.#options.pace,
      });
      this.#links.set(key, { link, ended: link.run() });
    }
    if (wanted.size === 0) log.warn("registered with no hub yet: run orchestratia-agent --register TOKEN");
  }

  #remoteOptions(registration: Registration): RemoteOptions {
    const { baseEnv, stateDir, configPath, log } = this.#options;
    const transfers = transfersFolder(stateDir, registration.project_id);
    const sessions = () => this.#terminals.all().filter(({ record }) => record.server_id === registration.server_id);
    return {
      policy: () => this.#policy,
      folders: () => ({
        allowed:
          this.#policy.files.folders ??
          usualFolders({
            repos: Object.values(repoPaths(this.#config)),
            sessions: sessions().map(({ record }) => record.cwd),
            transfers,
          }),
        secret: [configPath, policyPath(configPath), stateDir],
      }),
      sessionFolder: (sessionId) => sessions().find(({ id }) => id === sessionId)?.record.cwd,
      transfersFolder: transfers,
      env: baseEnv,
      workspace: this.#workspaceOptions(registration),
      log: log.child({ server: registration.name }),
    };
  }

  #workspaceOptions({ server_id, project_id, name }: Registration): WorkspaceOptions {
    const { baseEnv, stateDir, log } = this.#options;
    const sessions = () => this.#terminals.all().filter(({ record }) => record.server_id === server_id);
    return {
      policy: () => this.#policy.worktrees,
      folder: worktreesFolder(stateDir, project_id),
      repos: () => repoPaths(this.#config),
      env: baseEnv,
      sessionFolder: (sessionId) => sessions().find(({ id }) => id === sessionId)?.record.cwd,
      // Another project's sessions too: whoever works in a folder loses it otherwise.
      occupied: () => this.#terminals.all().flatMap(({ exit, record }) => (exit ? [] : [record.cwd])),
      log: log.child({ server: name }),
    };
  }

  /** Lets go of the sessions, which go on; or, when asked, ends them first and tells the hubs how they ended. */
  async stop({ closeSessions }: { closeSessions: boolean }): Promise<void> {
    for (const path of this.#watched()) unwatchFile(path);
    if (closeSessions) {
      await this.#terminals.beginClosing();
      for (const since = Date.now(); this.#terminals.all().length > 0 && Date.now() - since < farewellMs; )
        await sleep(20);
    }
    for (const { link } of this.#links.values()) link.stop();
    await this.#hooks.stop();
    if (closeSessions) await this.#terminals.closeAll();
    const ended = Promise.all([...this.#links.values()].map((link) => link.ended));
    await Promise.race([ended, sleep(linksEndMs, undefined, { ref: false })]);
    this.#limits[Symbol.dispose]();
    this.#strays[Symbol.dispose]();
    this.#terminals[Symbol.dispose]();
    this.#lock.release();
  }
}
