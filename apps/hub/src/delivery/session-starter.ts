import { posix } from "node:path";
import { Problem } from "@orchestratia/protocol/problems";
import type { AgentInfo } from "@orchestratia/protocol/servers";
import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import { SYSTEM } from "../access/caller.ts";
import type { Sql } from "../db/transaction.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { LiveSession, LiveSessions } from "../sessions/live-sessions.ts";
import type { SessionStart } from "../sessions/start-session.ts";
import { LIMITED_AGENTS } from "../usage-limits/limited-agents.ts";
import { WORKTREE_PER_TASK } from "../workspaces/checkout-repo.ts";

export interface SessionStarterOptions {
  sql: Sql;
  sessions: LiveSessions;
  connections: Pick<ServerConnections, "isConnected">;
  startSession: (start: SessionStart) => Promise<LiveSession>;
  closeSession: (sessionId: string) => Promise<void>;
  /**
   * The task's own checkout of a repository on its server, or `folder` where there can be none; undefined when it has to
   * wait for either.
   */
  prepareCheckout: (task: AssignedTask, repo: string | null, folder: string) => Promise<string | undefined>;
  /** A worker session at rest, without an unsettled task. */
  isFree: (session: LiveSession) => boolean;
}

interface Surroundings {
  auto_start: boolean;
  default_agent: string | null;
  default_dir: string | null;
  keeps_apart: boolean;
  limited_agents: string[];
  agents: AgentInfo[];
  repos: Record<string, unknown>;
  max_concurrent: number;
  start_failures: number;
  task_id: string;
  server_id: string;
}

/** The agents that are tried, in this order, where the project names none. */
const DEFAULT_AGENTS = ["claude", "codex", "gemini", "opencode"];
/** Why a machine would not start the next session either: another server has to be tried, or people asked. */
const REFUSALS: ReadonlySet<string> = new Set(["refused_by_policy", "agent_unknown"]);
/** After so many sessions that did not start, somebody has to look. */
export const MAX_START_FAILURES = 3;

const SURROUNDINGS = {
  name: "session_surroundings",
  text: `select coalesce((p.settings ->> 'auto_start_sessions')::boolean, true) as auto_start,
      p.settings ->> 'default_agent' as default_agent, p.settings ->> 'default_server_dir' as default_dir,
      ${WORKTREE_PER_TASK} as keeps_apart, ${LIMITED_AGENTS("s")} as limited_agents,
      s.agents, coalesce(s.capabilities_override -> 'repos', s.repos) as repos, s.max_concurrent, t.start_failures,
      t.id as task_id, s.id as server_id
    from tasks t join projects p on p.id = t.project_id join servers s on s.id = t.assigned_server_id
    where t.id = any($1::uuid[]) and t.status = 'assigned' and t.blockers = 0 and t.assigned_session_id is null`,
};

const COUNT_FAILURE = {
  name: "count_start_failure",
  text: "update tasks set start_failures = start_failures + 1 where id = $1 and status = 'assigned'",
};

/** Starts the session that an assigned task lacks, once. Where none may or can be started, the task waits, visibly. */
export class SessionStarter {
  readonly #options: SessionStarterOptions;
  /** The starts under way: task and server. */
  readonly #starting = new Map<string, ServerId>();
  /** By task that a session is started for, until it has one: the server. */
  readonly #waiting = new Map<string, string>();
  /** The question that is about to be asked. */
  #asked: { ids: string[]; answer: Promise<Surroundings[]> } | undefined;

  constructor(options: SessionStarterOptions) {
    this.#options = options;
  }

  /** True while the session waits for the task that it was started for. */
  isMeant(session: LiveSession): boolean {
    return session.startedByHub && session.taskId !== null && this.#waiting.has(session.taskId);
  }

  /** The task has its session, or needs none any more. Answers the server on which one was started for it. */
  forget(taskId: string): string | undefined {
    const serverId = this.#waiting.get(taskId);
    this.#waiting.delete(taskId);
    return serverId;
  }

  async startFor(task: AssignedTask): Promise<void> {
    const key = `${task.id} ${task.assigned_server_id}`;
    if (task.assigned_session_id !== null || this.#starting.has(key)) return;
    this.#starting.set(key, task.assigned_server_id as ServerId);
    this.#waiting.set(task.id, task.assigned_server_id);
    let started = false;
    try {
      started = await this.#start(task);
    } finally {
      this.#starting.delete(key);
      if (!started) this.forget(task.id);
    }
  }

  async #start(task: AssignedTask): Promise<boolean> {
    const serverId = task.assigned_server_id as ServerId;
    if (!this.#options.connections.isConnected(serverId)) return false;
    const around = (await this.#surroundings(task.id)).find(
      (row) => row.task_id === task.id && row.server_id === serverId,
    );
    if (!around?.auto_start || around.start_failures >= MAX_START_FAILURES) return false;
    const agent = agentFor(around, new Set(around.limited_agents));
    if (agent === undefined || !(await this.#roomFor(serverId, around))) return false;
    const workingDirectory = await this.#folderFor(task, around);
    // Meanwhile another session may have become free for it.
    if (workingDirectory === undefined || !this.#waiting.has(task.id)) return false;
    return this.#begin({
      caller: SYSTEM,
      projectId: task.project_id as ProjectId,
      serverId,
      agent,
      role: "worker",
      workingDirectory,
      taskId: task.id,
      startedByHub: true,
    });
  }

  /** Undefined when it must have a place of its own and has none. */
  #folderFor(task: AssignedTask, around: Surroundings): Promise<string | undefined> | string | null {
    const folder = directoryFor(task, around);
    const repo = task.checkout_repo;
    const path = folder ?? (repo === null ? undefined : pathOf(around.repos[repo]));
    if (path === undefined || !around.keeps_apart) return folder;
    return this.#options.prepareCheckout(task, repo, plainPath(path));
  }

  /** False when there is no place, or nobody to ask any more: then the task waits, visibly. A refusal is counted. */
  async #begin(start: SessionStart): Promise<boolean> {
    try {
      await this.#options.startSession(start);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.code === "server_full") await this.#makePlace(start.serverId);
      else if (error instanceof Problem && REFUSALS.has(error.code))
        await this.#options.sql.query(COUNT_FAILURE, [start.taskId]);
      else if (!(error instanceof Problem && error.code === "server_unreachable")) throw error;
      return false;
    }
  }

  /** When a session has ended, what waits on its server is looked at again. */
  async #makePlace(serverId: ServerId): Promise<void> {
    const atRest = this.#options.sessions
      .ofServer(serverId)
      .find((session) => session.startedByHub && session.agentStatus === "idle" && this.#options.isFree(session));
    if (atRest) await this.#options.closeSession(atRest.id);
  }

  /** One question for all tasks of one turn: a cascade frees many at once. */
  #surroundings(taskId: string): Promise<Surroundings[]> {
    if (!this.#asked) {
      const ids: string[] = [];
      const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        this.#asked = undefined;
        return this.#options.sql.query<Surroundings>(SURROUNDINGS, [ids]);
      });
      this.#asked = { ids, answer };
    }
    this.#asked.ids.push(taskId);
    return this.#asked.answer;
  }

  /** The hub starts no more sessions on a server than it may have tasks; one at rest makes room for one that is needed. */
  async #roomFor(serverId: ServerId, { max_concurrent }: Surroundings): Promise<boolean> {
    const ours = this.#options.sessions
      .ofServer(serverId)
      .filter((session) => session.startedByHub && staysFor(session));
    // The start that asks is one of those under way; a session is counted in both for the moment in which it begins.
    const starting = [...this.#starting.values()].filter((id) => id === serverId).length - 1;
    if (ours.length + starting < max_concurrent) return true;
    const atRest = ours.find((session) => session.agentStatus === "idle" && this.#options.isFree(session));
    if (!atRest) return false;
    await this.#options.closeSession(atRest.id);
    return true;
  }

  /** A session ended. One that did not even begin is counted, before its task gets another. */
  async ended(session: LiveSession): Promise<void> {
    if (session.taskId === null) return;
    this.forget(session.taskId);
    if (session.status === "error" && session.startedByHub)
      await this.#options.sql.query(COUNT_FAILURE, [session.taskId]);
  }
}

/** Whether the session takes a place: one that is being closed, or that its daemon has lost, takes none. */
const staysFor = (session: LiveSession): boolean => session.closedBy === undefined && session.status !== "lost";

/** None that has reached its usage limit: another session of it would not get further. */
function agentFor({ default_agent, agents }: Surroundings, limited: ReadonlySet<string>): string | undefined {
  // A version 1 daemon does not say what it has: the project's word is all that there is.
  if (agents.length === 0) return default_agent ?? undefined;
  const has = (name: string) => !limited.has(name) && agents.some((agent) => agent.name === name);
  if (default_agent !== null) return has(default_agent) ? default_agent : undefined;
  return DEFAULT_AGENTS.find(has);
}

function directoryFor(task: AssignedTask, { repos, default_dir }: Surroundings): string | null {
  const asked = (task.structured_spec as { capability_requirements?: { repo?: string } } | null)
    ?.capability_requirements?.repo;
  for (const name of [task.target_repo, asked]) {
    const path = name ? pathOf(repos[name]) : undefined;
    if (path !== undefined) return path;
  }
  return default_dir;
}

/** Without what makes one folder look like two. */
const plainPath = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, "");

function pathOf(repo: unknown): string | undefined {
  if (typeof repo === "string") return repo;
  return typeof repo === "object" && repo !== null && "path" in repo ? String(repo.path) : undefined;
}
