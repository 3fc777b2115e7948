import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { ConfiguredProvider } from "./oauth/provider-settings.ts";
import { readConfiguredProviders } from "./oauth-config.ts";
import { type RecordingsConfig, readRecordingsConfig } from "./recordings-config.ts";

const flag = z.stringbool({ truthy: ["1", "true", "yes", "on"], falsy: ["0", "false", "no", "off"] });
const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** Everything the hub is told by its environment. */
const Environment = z.object({
  ORCHESTRATIA_HOME: z
    .string()
    .min(1)
    .default(() => path.join(homedir(), ".orchestratia")),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8000),
  HOST: z.string().min(1).default("127.0.0.1"),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// URL" }).optional(),
  DASHBOARD_URL: httpUrl.optional(),
  TRUST_PROXY: z
    .string()
    .optional()
    .transform((value) => trustProxy(value)),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(12_000),
  ANONYMOUS_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(600),
  ORCHESTRATIA_SECRET_KEYS: z.string().optional(),
  SHUTDOWN_GRACE_MS: z.coerce.number().int().min(0).max(600_000).default(10_000),
});

export interface Config {
  /** The data folder: secrets, tokens and, without `databaseUrl`, Postgres. */
  home: string;
  /** 0: any free one, for tests. */
  port: number;
  host: string;
  /** What links and registration tokens carry; undefined: where the hub listens. */
  publicUrl: string | undefined;
  /** Undefined: the hub runs its own Postgres. */
  databaseUrl: string | undefined;
  /** Where whatever is not the hub's own is fetched from. */
  dashboardUrl: string | undefined;
  /** Which proxies' `x-forwarded-*` headers are believed: none, all, so many hops, or these addresses. */
  trustProxy: boolean | number | string[];
  logLevel: z.infer<typeof Environment>["LOG_LEVEL"];
  /** Requests a minute that are answered: of one key or sign-in, and of one address without any. */
  requestRates: { perCaller: number; perAddress: number };
  /** What secrets at rest are sealed with; undefined: the keys of a file of the home. */
  secretKeys: string | undefined;
  /** What people can sign in with besides what admins set up in the hub; these come first. */
  oauthProviders: ConfiguredProvider[];
  recordings: RecordingsConfig;
  /** How long requests may go on after the hub was told to stop. */
  shutdownGraceMs: number;
}

/** The environment does not make sense; `message` names each variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  // An empty variable is how shells and compose files say "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const { data, error } = Environment.safeParse(given);
  const oauth = readConfiguredProviders(given);
  const home = path.resolve(data?.ORCHESTRATIA_HOME ?? ".");
  const { recordings, faults: recordingsFaults } = readRecordingsConfig(given, home);
  if (error || oauth.faults.length > 0 || recordingsFaults.length > 0) {
    const faults = error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
    const lines = [...faults, ...oauth.faults, ...recordingsFaults].map((line) => `  ${line}`);
    throw new ConfigError(`The environment is not right:\n${lines.join("\n")}`);
  }
  return {
    home,
    port: data.PORT,
    host: data.HOST,
    publicUrl: data.PUBLIC_URL?.replace(/\/+$/, ""),
    databaseUrl: data.DATABASE_URL,
    dashboardUrl: data.DASHBOARD_URL?.replace(/\/+$/, ""),
    trustProxy: data.TRUST_PROXY,
    logLevel: data.LOG_LEVEL,
    requestRates: { perCaller: data.REQUESTS_PER_MINUTE, perAddress: data.ANONYMOUS_REQUESTS_PER_MINUTE },
    secretKeys: data.ORCHESTRATIA_SECRET_KEYS,
    oauthProviders: oauth.providers,
    recordings,
    shutdownGraceMs: data.SHUTDOWN_GRACE_MS,
  };
}

function trustProxy(value: string | undefined): boolean | number | string[] {
  if (value === undefined) return false;
  if (/^\d+$/.test(value)) return Number(value) === 0 ? false : Number(value);
  const asFlag = flag.safeParse(value);
  return asFlag.success ? asFlag.data : value.split(",").map((address) => address.trim());
}
