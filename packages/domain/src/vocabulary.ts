/** What a terminal's life looks like from the hub. */
export const SESSION_STATUSES = ["starting", "active", "disconnected", "lost", "closed", "error"] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** Sessions whose program may still be running; names are unique among them. */
export const LIVE_SESSION_STATUSES = ["starting", "active", "disconnected", "lost"] as const;

/** What the program in a session is doing: `waiting` is for a person, `idle` is at its prompt. */
export const AGENT_STATUSES = ["working", "waiting", "idle", "exited", "unknown"] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export const SESSION_ROLES = ["worker", "orchestrator"] as const;
export type SessionRole = (typeof SESSION_ROLES)[number];

/** The agents the daemon knows by name; any other name is a custom command of that daemon's configuration. */
export const KNOWN_AGENTS = ["claude", "codex", "gemini", "opencode", "shell"] as const;

export const SERVER_STATUSES = ["online", "offline"] as const;
export type ServerStatus = (typeof SERVER_STATUSES)[number];

export const INTERVENTION_TYPES = ["help", "question", "approval"] as const;
export type InterventionType = (typeof INTERVENTION_TYPES)[number];

export const INTERVENTION_STATUSES = ["pending", "responded", "expired", "cancelled"] as const;
export type InterventionStatus = (typeof INTERVENTION_STATUSES)[number];

export const URGENCIES = ["low", "normal", "high"] as const;
export type Urgency = (typeof URGENCIES)[number];

export const CONTRACT_STATUSES = ["none", "fulfilled", "partial"] as const;
export type ContractStatus = (typeof CONTRACT_STATUSES)[number];

export const PROJECT_ROLES = ["owner", "member", "viewer"] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

export const GLOBAL_ROLES = ["admin", "viewer"] as const;
export type GlobalRole = (typeof GLOBAL_ROLES)[number];

export const ACTOR_TYPES = ["user", "session", "server", "telegram", "system"] as const;
export type ActorType = (typeof ACTOR_TYPES)[number];
