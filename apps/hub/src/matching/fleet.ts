import { type Candidate, type CapabilitiesOverride, effectiveCapabilities } from "@orchestratia/domain/matching";
import { ServerIndex } from "@orchestratia/domain/server-index";
import type { Sql } from "../db/transaction.ts";
import { LIMITED_AGENTS } from "../usage-limits/limited-agents.ts";

interface ServerRow {
  id: string;
  project_id: string;
  name: string;
  status: string;
  draining: boolean;
  agents: { name: string; kind: string }[];
  default_agent: string | null;
  /** Those that have reached their usage limits. */
  limited_agents: string[];
  repos: Record<string, unknown>;
  capabilities: { languages?: string[]; environments?: string[]; tools?: string[]; tags?: string[]; remote?: string[] };
  capabilities_override: (Omit<CapabilitiesOverride, "repos"> & { repos?: Record<string, unknown> }) | null;
  active_tasks: number;
  max_concurrent: number;
  last_assigned_at: Date | null;
}

const COLUMNS = `id, project_id, name, status, draining, agents,
  (select settings ->> 'default_agent' from projects p where p.id = project_id) as default_agent, ${LIMITED_AGENTS("servers")} as limited_agents, repos, capabilities, capabilities_override, active_tasks,
  max_concurrent, last_assigned_at`;

/** What no row says of a server. */
export interface LiveServers {
  isConnected: (serverId: string) => boolean;
}

/** No agent is left there that could be given work. */
function isUsageLimited({ agents, default_agent, limited_agents }: ServerRow): boolean {
  const limited = new Set(limited_agents);
  if (limited.size === 0) return false;
  if (default_agent !== null) return limited.has(default_agent);
  return agents.filter(({ kind }) => kind !== "shell").every(({ name }) => limited.has(name));
}

/** As `startSession` refuses; a daemon that does not say what its machine's owner allows is asked. */
const startsNoSessions = ({ agents, capabilities: { remote } }: ServerRow): boolean =>
  agents.length > 0 && remote !== undefined && !remote.includes("sessions");

/**
 * The matcher's picture of every project's servers, in memory. It is a cache of the decision: the statement that assigns
 * checks again. Counts are changed by differences, which commute; a row that is read while a change of its count is on the
 * way here says too much or too little, so the picture's count gives way only to a difference that two loads have found.
 */
export class Fleet {
  readonly #sql: Sql;
  readonly #isConnected: (serverId: string) => boolean;
  readonly #indexes = new Map<string, ServerIndex>();
  readonly #projectOf = new Map<string, string>();
  /** By server: how much the row's count differed from the picture's when all were loaded last. */
  readonly #drift = new Map<string, number>();

  constructor(sql: Sql, live: LiveServers) {
    this.#sql = sql;
    this.#isConnected = live.isConnected;
  }

  /** Whether no agent was left there when it was last looked at. */
  wasUsageLimited(serverId: string): boolean {
    const projectId = this.#projectOf.get(serverId);
    const known = projectId === undefined ? undefined : this.of(projectId).get(serverId);
    return known?.usageLimited === true;
  }

  /** Reads all servers anew; at start, and whenever rows and picture are compared. */
  async load(): Promise<void> {
    for (const row of await this.#sql.query<ServerRow>(`select ${COLUMNS} from servers`)) {
      this.#put(row, this.#isLastingDrift(row));
    }
  }

  /** Reads one server anew: it registered, reported other capabilities, went or came. Answers its project. */
  async refresh(serverId: string): Promise<string | undefined> {
    const [row] = await this.#sql.query<ServerRow>(`select ${COLUMNS} from servers where id = $1`, [serverId]);
    if (row) this.#put(row, false);
    return row?.project_id;
  }

  /** The project's servers as their rows are now, and who of them is connected. */
  async read(projectId: string): Promise<Candidate[]> {
    const rows = await this.#sql.query<ServerRow>(`select ${COLUMNS} from servers where project_id = $1`, [projectId]);
    return rows.map((row) => this.#candidate(row));
  }

  /** The project's servers. */
  of(projectId: string): ServerIndex {
    let index = this.#indexes.get(projectId);
    if (!index) {
      index = new ServerIndex();
      this.#indexes.set(projectId, index);
    }
    return index;
  }

  projectOf(serverId: string): string | undefined {
    return this.#projectOf.get(serverId);
  }

  get projects(): Iterable<string> {
    return this.#indexes.keys();
  }

  /** A server took (1) or gave back (-1) a place. */
  adjust(serverId: string, delta: number, assignedAt?: number): void {
    const projectId = this.#projectOf.get(serverId);
    if (projectId && delta !== 0) this.of(projectId).adjustActive(serverId, delta, assignedAt);
  }

  #put(row: ServerRow, rowCounts: boolean): void {
    this.#projectOf.set(row.id, row.project_id);
    const index = this.of(row.project_id);
    const known = rowCounts ? undefined : index.get(row.id);
    const candidate = this.#candidate(row);
    index.upsert(known ? { ...candidate, activeTasks: known.activeTasks } : candidate);
  }

  #isLastingDrift(row: ServerRow): boolean {
    const known = this.of(row.project_id).get(row.id);
    const drift = known ? row.active_tasks - known.activeTasks : 0;
    const lasts = drift !== 0 && this.#drift.get(row.id) === drift;
    if (drift === 0 || lasts) this.#drift.delete(row.id);
    else this.#drift.set(row.id, drift);
    return lasts;
  }

  #candidate(row: ServerRow): Candidate {
    const { languages = [], environments = [], tools = [], tags = [] } = row.capabilities;
    const reported = { repos: Object.keys(row.repos), languages, environments, tools, tags };
    const { repos, ...lists } = row.capabilities_override ?? {};
    return {
      id: row.id,
      name: row.name,
      capabilities: effectiveCapabilities(reported, repos ? { ...lists, repos: Object.keys(repos) } : lists),
      reachable: row.status === "online" && this.#isConnected(row.id),
      draining: row.draining,
      usageLimited: isUsageLimited(row),
      startsNoSessions: startsNoSessions(row),
      activeTasks: row.active_tasks,
      maxConcurrent: row.max_concurrent,
      lastAssignedAt: row.last_assigned_at?.getTime() ?? 0,
    };
  }
}
