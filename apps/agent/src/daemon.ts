import { unwatchFile, watchFile } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { agentCatalog } from "./agents/catalog.ts";
import { contextText } from "./agents/context-text.ts";
import { Conversations } from "./agents/conversations.ts";
import { type Config, type Registration, readConfig, repoPaths } from "./config.ts";
import { Hooks } from "./hooks/hooks.ts";
import { cliFolder } from "./hub-link/cli-folder.ts";
import { HubLink } from "./hub-link/hub-link.ts";
import type { HubSession } from "./hub-link/hub-session.ts";
import { Report } from "./hub-link/report.ts";
import { type InstanceLock, lockInstance } from "./instance-lock.ts";
import { type RemoteOptions, transfersFolder, worktreesFolder } from "./remote/remote-requests.ts";
import { usualFolders } from "./remote/sendable-file.ts";
import { ownHolderCommand } from "./terminals/holder/launch.ts";
import { Terminals } from "./terminals/terminals.ts";
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
}

/** The whole daemon: one set of terminals, one link per registration. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #lock: InstanceLock;
  readonly #terminals: Terminals;
  readonly #links = new Map<string, { link: HubLink; ended: Promise<void> }>();
  readonly #report: Report;
  readonly #hooks: Hooks;
  readonly #conversations: Conversations;
  #config: Config;

  private constructor(options: DaemonOptions, lock: InstanceLock) {
    const { configPath, stateDir, baseEnv, holderCommand = ownHolderCommand() } = options;
    this.#options = options;
    this.#lock = lock;
    this.#config = readConfig(configPath);
    this.#terminals = new Terminals(stateDir, holderCommand, () => this.#config.max_sessions);
    this.#report = new Report(() => this.#config, baseEnv, new SystemProbe(version));
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
    const daemon = new Daemon(options, lock);
    await daemon.#terminals.adopt();
    await daemon.#hooks.start();
    daemon.#link();
    // `--register` in another process adds a registration while we run.
    watchFile(options.configPath, { interval: configLookMs }, () => daemon.#reload());
    return daemon;
  }

  #session(id: string): HubSession | undefined {
    return [...this.#links.values()].map(({ link }) => link.session(id)).find((session) => session !== undefined);
  }

  #registrationOf(sessionId: string): Registration | undefined {
    const serverId = this.#terminals.get(sessionId)?.record.server_id;
    return this.#config.registrations.find(({ server_id }) => server_id === serverId);
  }

  #reload(): void {
    const { configPath, log } = this.#options;
    try {
      this.#config = readConfig(configPath);
      this.#link();
    } catch (error) {
      log.error(
        { error: error instanceof Error ? error.message : String(error) },
        "the changed configuration is not used",
      );
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
        baseEnv,
        cliFolder: cliFolder(stateDir, this.#config.cli_path),
        remote: this.#remoteOptions(registration),
        hooks: this.#hooks,
        conversations: this.#conversations,
        log: log.child({ server: registration.name }),
      });
      this.#links.set(key, { link, ended: link.run() });
    }
    if (wanted.size === 0) log.warn("registered with no hub yet: run orchestratia-agent --register TOKEN");
  }

  #remoteOptions(registration: Registration): RemoteOptions {
    const { baseEnv, stateDir, configPath, log } = this.#options;
    const transfers = transfersFolder(stateDir, registration.project_id);
    const sessionFolders = () =>
      this.#terminals
        .all()
        .filter(({ record }) => record.server_id === registration.server_id)
        .map(({ record }) => record.cwd);
    return {
      policy: () => this.#config.remote,
      folders: () => ({
        allowed:
          this.#config.remote.folders ??
          usualFolders({ repos: Object.values(repoPaths(this.#config)), sessions: sessionFolders(), transfers }),
        secret: [configPath, stateDir],
      }),
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
      policy: () => this.#config.worktrees,
      folder: worktreesFolder(stateDir, project_id),
      repos: () => repoPaths(this.#config),
      env: baseEnv,
      sessionFolder: (sessionId) => sessions().find(({ id }) => id === sessionId)?.record.cwd,
      occupied: () => sessions().flatMap(({ exit, record }) => (exit ? [] : [record.cwd])),
      log: log.child({ server: name }),
    };
  }

  /** Lets go of the sessions, which go on; or, when asked, ends them first and tells the hubs how they ended. */
  async stop({ closeSessions }: { closeSessions: boolean }): Promise<void> {
    unwatchFile(this.#options.configPath);
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
    this.#terminals[Symbol.dispose]();
    this.#lock.release();
  }
}
