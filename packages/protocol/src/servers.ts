import { z } from "zod";
import { plainName } from "./plain-name.ts";
import { Moment, ProjectId, ServerId, ServerStatus } from "./vocabulary.ts";

const Words = z.array(z.string().max(200)).max(500);

/** An agent that a daemon found on its machine. */
export const AgentInfo = z
  .object({
    name: z.string().min(1).max(100),
    kind: z.enum(["claude", "codex", "gemini", "opencode", "shell", "custom"]),
    version: z.string().max(200).nullish(),
    logged_in: z.boolean().nullish().describe("Whether it can reach its model; null where nobody can tell"),
  })
  .meta({ id: "AgentInfo" });
export type AgentInfo = z.infer<typeof AgentInfo>;

export const Capabilities = z
  .object({
    languages: Words.default([]),
    environments: Words.default([]),
    tools: Words.default([]),
    tags: Words.default([]),
    remote: Words.optional().describe(
      "What may be asked of it: `sessions`, `exec`, `read`, `files.in`, `files.out`; version 1 does not say",
    ),
  })
  .meta({ id: "Capabilities" });
export type Capabilities = z.infer<typeof Capabilities>;

/** Name → path, as daemons report them. */
export const Repos = z.record(z.string().max(500), z.unknown()).describe("Name → path");

/** What the hub says of a server instead of its daemon. */
export const CapabilitiesOverride = z
  .object({
    repos: z.record(z.string().min(1).max(500), z.string().max(1000)).describe("Name → path"),
    languages: Words,
    environments: Words,
    tools: Words,
    tags: Words,
  })
  .partial()
  .describe("Each member that is here holds instead of what the daemon reports; the others hold as reported")
  .meta({ id: "CapabilitiesOverride" });
export type CapabilitiesOverride = z.infer<typeof CapabilitiesOverride>;

/** What a daemon measures of its machine with every heartbeat; everything may be missing. */
export const SystemInfo = z
  .looseObject({
    cpu_count: z.number().optional(),
    cpu_percent: z.number().optional(),
    memory_total_gb: z.number().optional(),
    memory_used_gb: z.number().optional(),
    memory_percent: z.number().optional(),
    disk_percent: z.number().optional(),
    agent_version: z.string().optional(),
  })
  .meta({ id: "SystemInfo" });
export type SystemInfo = z.infer<typeof SystemInfo>;

const daemonReport = {
  repos: Repos.optional(),
  agents: z.array(AgentInfo).max(100).optional(),
  capabilities: Capabilities.optional(),
  max_concurrent: z.number().int().min(0).max(1000).optional(),
};

export const Registration = z
  .object({
    name: plainName(200),
    hostname: z.string().max(255).default(""),
    ip: z.string().max(64).optional(),
    os: z.string().max(40).default(""),
    system_info: SystemInfo.default({}),
    registration_token: z.string().min(1).max(2000),
    machine_id: z.string().max(200).default(""),
    mac_address: z.string().max(64).default(""),
    ...daemonReport,
  })
  .meta({ id: "Registration" });
export type Registration = z.infer<typeof Registration>;

export const Registered = z
  .object({ id: ServerId, api_key: z.string(), name: z.string(), project_id: ProjectId })
  .meta({ id: "Registered" });

export const Heartbeat = z.object({ system_info: SystemInfo.default({}), ...daemonReport }).meta({ id: "Heartbeat" });
export type Heartbeat = z.infer<typeof Heartbeat>;

export const Server = z
  .object({
    id: ServerId,
    project_id: ProjectId,
    name: z.string(),
    hostname: z.string(),
    os: z.string(),
    ip: z.string().nullable(),
    status: ServerStatus.describe("offline: no heartbeat for 90 s"),
    reachable: z.boolean().describe("Online and connected: work can be pushed to it"),
    draining: z.boolean().describe("Finishes what it has and is given nothing new"),
    repos: Repos.describe("What holds: the hub's override, else the daemon's report. Name → path"),
    agents: z.array(AgentInfo),
    capabilities: Capabilities.describe("What holds: the daemon's report overlaid by the hub's override"),
    capabilities_override: CapabilitiesOverride.nullable(),
    system_info: SystemInfo,
    active_tasks: z.number().int(),
    max_concurrent: z.number().int().describe("What holds: the hub's override, else the daemon's report, else 4"),
    max_concurrent_override: z.number().int().nullable(),
    last_heartbeat: Moment.nullable(),
    created_at: Moment,
  })
  .meta({ id: "Server" });
export type Server = z.infer<typeof Server>;

/** What narrows a list of servers down; all that is given must hold. */
export const ServerListQuery = z.object({
  status: ServerStatus.optional(),
  reachable: z.stringbool().optional().describe("Online and connected"),
  draining: z.stringbool().optional(),
  repo: z.string().min(1).max(500).optional().describe("Has this repository, in any case"),
  name: z.string().min(1).max(200).optional().describe("A part of its name, in any case"),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  after: z.string().max(2000).optional().describe("The `next` of the page before"),
});
export type ServerListQuery = z.infer<typeof ServerListQuery>;

export const ServerChanges = z
  .object({
    name: plainName(200).optional(),
    draining: z.boolean().optional().describe("true: it finishes what it has and is given nothing new"),
    max_concurrent_override: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .nullish()
      .describe("How many tasks it takes at once, whatever its daemon says; null for what the daemon says"),
    capabilities_override: CapabilitiesOverride.nullish().describe(
      "Replaces the override that there was; null for what the daemon reports",
    ),
  })
  .refine((changes) => Object.keys(changes).length > 0, "Give at least one field to change")
  .meta({ id: "ServerChanges" });
export type ServerChanges = z.infer<typeof ServerChanges>;

export const NewRegistrationToken = z
  .object({ expires_in_seconds: z.number().int().min(60).max(2_592_000).default(86_400) })
  .meta({ id: "NewRegistrationToken" });

/** Shown once: only its hash is kept. */
export const RegistrationToken = z
  .object({ token: z.string(), command: z.string().describe("The line to paste on the machine"), expires_at: Moment })
  .meta({ id: "RegistrationToken" });
