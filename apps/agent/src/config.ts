import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, homedir, hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { usualStateDir } from "@orchestratia/holder-link/state-dir";
import { parseDocument } from "yaml";
import { z } from "zod";
import { CustomAgent } from "./agents/custom.ts";
import { MemorySize, machineMemory } from "./limits/memory-size.ts";

/** One project's registration of this machine; the key never leaves this file and the requests to its hub. */
export const Registration = z.object({
  hub_url: z.url(),
  project_id: z.string(),
  server_id: z.string(),
  name: z.string(),
  api_key: z.string(),
});
export type Registration = z.infer<typeof Registration>;

const Repo = z.union([z.string(), z.object({ path: z.string(), branch: z.string().optional() })]);

const elsewhere = z.undefined("What the hub may ask of this machine is said in policy.yaml").optional();

const Config = z.object({
  server_name: z.string().default(() => hostname()),
  max_concurrent: z.number().int().min(0).max(1000).default(4),
  max_sessions: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(() => cpus().length * 8)
    .describe("Sessions that may run at once, of all registrations together"),
  max_processes_per_session: z
    .number()
    .int()
    .min(8)
    .max(1_000_000)
    .default(512)
    .describe("Processes that a session may have at once; above it the session is ended"),
  max_memory_per_session: MemorySize.prefault(() => Math.floor(machineMemory() / 2)).describe(
    "Memory that a session may have; above it the session is ended",
  ),
  max_memory: MemorySize.prefault(() => Math.floor(machineMemory() * 0.8)).describe(
    "Memory of all sessions together; above it none is started",
  ),
  backend: z
    .enum(["holder", "tmux"])
    .default("holder")
    .describe("What new sessions run in: a terminal of the daemon's own, or tmux 3.2 or newer"),
  usage_limit_retry_seconds: z
    .number()
    .int()
    .min(5)
    .max(24 * 3600)
    .default(300)
    .describe("After so long an agent at a usage limit whose end nobody says is tried again"),
  repos: z.record(z.string(), Repo).default({}),
  agents: z.array(CustomAgent).default([]),
  tags: z.array(z.string()).default([]),
  environments: z.array(z.string()).default([]),
  cli_path: z.string().optional().describe("The folder that holds `orchestratia`, when it is not beside the daemon"),
  remote: elsewhere,
  worktrees: elsewhere,
  registrations: z.array(Registration).default([]),
});
export type Config = z.infer<typeof Config>;

/** Name → folder. */
export const repoPaths = ({ repos }: Pick<Config, "repos">): Record<string, string> =>
  Object.fromEntries(Object.entries(repos).map(([name, repo]) => [name, typeof repo === "string" ? repo : repo.path]));

const readDocument = (path: string) => {
  try {
    return parseDocument(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return parseDocument("");
    throw error;
  }
};

/** The configuration in `path`; defaults when there is no such file. Throws with every mistake named. */
export function readConfig(path: string): Config {
  const document = readDocument(path);
  const [mistake] = document.errors;
  if (mistake) throw new Error(`${path}: ${mistake.message}`);
  const parsed = Config.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Adds a registration, or replaces the one of the same server; comments and everything else in the file stay. */
export function saveRegistration(path: string, registration: Registration): void {
  const { registrations } = readConfig(path);
  const others = registrations.filter(({ server_id }) => server_id !== registration.server_id);
  const document = readDocument(path);
  document.set("registrations", [...others, registration]);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.new`;
  writeFileSync(unfinished, document.toString({ flowCollectionPadding: true }), { mode: 0o600 });
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, path);
}

/** Where configuration and sessions live unless the command line says otherwise. */
export function defaultPaths(env: NodeJS.ProcessEnv = process.env): { config: string; stateDir: string } {
  const stateDir = usualStateDir(env.ORCHESTRATIA_HOME);
  if (env.ORCHESTRATIA_HOME) return { config: join(stateDir, "agent.yaml"), stateDir };
  if (userInfo().uid === 0) return { config: "/etc/orchestratia/agent.yaml", stateDir };
  return { config: join(homedir(), ".config/orchestratia/agent.yaml"), stateDir };
}

const ours =
  /^(ORCHESTRATIA_|npm_|NODE_(OPTIONS|ENV|CHANNEL|UNIQUE)|TMUX|WINDOW|TERM|(DATABASE_URL|PORT|STY|COLUMNS|LINES|INIT_CWD)$)/;

/**
 * What programs in sessions get from our own environment: the user's, without what belongs to us, to the hub that may
 * have started us, or to the terminal we were started in.
 */
export function sessionBaseEnv(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !ours.test(entry[0]),
  );
  return { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: homedir(), LANG: "C.UTF-8", ...Object.fromEntries(kept) };
}

export const logLevel = (env: NodeJS.ProcessEnv = process.env): string => env.ORCHESTRATIA_LOG_LEVEL ?? "info";
