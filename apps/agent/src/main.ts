#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { defaultPaths, logLevel, readConfig, saveRegistration, sessionBaseEnv } from "./config.ts";
import { Daemon } from "./daemon.ts";
import { register } from "./hub-link/registration.ts";
import { Report } from "./hub-link/report.ts";
import { policyPath, readPolicy } from "./policy/policy.ts";
import { version } from "./version.ts";
import { SystemProbe } from "./workspace/system-info.ts";

const usage = `orchestratia-agent [options]

Serves this machine's terminals to the Orchestratia hubs it is registered with.

  --register TOKEN          register with the hub that made TOKEN, then exit; - reads TOKEN from stdin
  --run                     with --register: go on as the daemon
  --name NAME               with --register: this machine's name, instead of the configuration's server_name
  --config PATH             configuration file
  --state-dir DIR           where sessions live
  --close-sessions-on-exit  end every session when the daemon stops; otherwise they go on
  --keep-sessions           overrides --close-sessions-on-exit
  --version, --help

Example: orchestratia-agent --register orcreg_… --run
`;

const options = {
  register: { type: "string" },
  run: { type: "boolean", default: false },
  name: { type: "string" },
  config: { type: "string" },
  "state-dir": { type: "string" },
  "close-sessions-on-exit": { type: "boolean", default: false },
  "keep-sessions": { type: "boolean", default: false },
  version: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const log = pino({ name: "orchestratia-agent", level: logLevel() }, pino.destination({ dest: 2, sync: true }));

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help || values.version) {
    process.stdout.write(values.help ? usage : `orchestratia-agent ${version}\n`);
    return;
  }
  const defaults = defaultPaths();
  const configPath = values.config ?? defaults.config;
  const baseEnv = sessionBaseEnv();
  if (values.register !== undefined) {
    const config = readConfig(configPath);
    const policy = readPolicy(policyPath(configPath));
    const report = new Report({ config: () => config, policy: () => policy }, baseEnv, new SystemProbe(version));
    const token = values.register === "-" ? (await text(process.stdin)).trim() : values.register;
    const registration = await register(await report.registration(values.name ?? config.server_name), token);
    saveRegistration(configPath, registration);
    log.info({ hub: registration.hub_url, server: registration.server_id, config: configPath }, "registered");
    if (!values.run) return;
  }
  const stopped = stopRequested();
  const daemon = await Daemon.start({ configPath, stateDir: values["state-dir"] ?? defaults.stateDir, baseEnv, log });
  await stopped;
  log.info("stopping");
  await daemon.stop({ closeSessions: values["close-sessions-on-exit"] && !values["keep-sessions"] });
}

/** SIGTERM, SIGINT, or the end of a parent that holds a channel to us. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    process.once("disconnect", () => resolve());
    if (process.send && !process.connected) resolve();
  });
}

try {
  await main();
  process.exit(0);
} catch (error) {
  log.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
