import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HolderClient } from "@orchestratia/holder-link/holder-client";
import { readRecord } from "@orchestratia/holder-link/session-record";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import { pino } from "pino";
import { stringify } from "yaml";
import type { z } from "zod";
import { sessionBaseEnv } from "../config.ts";
import { Daemon, type DaemonOptions } from "../daemon.ts";
import { type Policy, policyPath } from "../policy/policy.ts";
import { sessionFolder } from "../terminals/session-folder.ts";
import { fakeKey, fakeServer } from "./fake-hub.ts";
import { sourceHolderCommand } from "./test-terminals.ts";

/** What agent.yaml says besides the registration, and policy.yaml. */
interface TestDaemonOptions extends Record<string, unknown> {
  policy?: z.input<typeof Policy>;
  pace?: DaemonOptions["pace"];
}

/** A daemon in this process, with real holders, registered with the hub at `hubUrl`. Disposing of it ends its sessions. */
export async function startTestDaemon(hubUrl: string, { policy, pace, ...more }: TestDaemonOptions = {}) {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const logged: string[] = [];
  const configPath = join(stateDir, "agent.yaml");
  const registration = {
    hub_url: hubUrl,
    project_id: fakeServer.project_id,
    server_id: fakeServer.id,
    name: "here",
    api_key: fakeKey,
  };
  writeFileSync(configPath, stringify({ registrations: [registration], ...more }), { mode: 0o600 });
  if (policy) writeFileSync(policyPath(configPath), stringify(policy), { mode: 0o600 });
  const options = {
    configPath,
    stateDir,
    baseEnv: sessionBaseEnv(),
    log: pino({ level: "warn" }, { write: (line) => void logged.push(line) }),
    holderCommand: sourceHolderCommand,
    ...(pace && { pace }),
  };
  let daemon = await Daemon.start(options);
  return {
    stateDir,
    configPath,
    /** Warnings and errors, as JSON. */
    logged,
    /** Stops the daemon and starts another one in its place; sessions go on. */
    async restart(between: () => Promise<void> = async () => {}) {
      await daemon.stop({ closeSessions: false });
      await between();
      daemon = await Daemon.start(options);
    },
    record: (id: string) => readRecord(sessionFolder(stateDir, id)),
    /** Types into a session past the daemon, running or not. */
    async typeInto(id: string, text: string) {
      const path = readRecord(sessionFolder(stateDir, id))?.socket_path ?? "";
      const client = await HolderClient.connect(path, { onFacts() {}, onExit() {}, onLost() {} });
      client.input(Buffer.from(text));
      await client.lines("screen");
      client.disconnect();
    },
    stop: (how: { closeSessions: boolean }) => daemon.stop(how),
    async [Symbol.asyncDispose]() {
      await daemon.stop({ closeSessions: true });
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** A `session_start` that runs `command` in a shell. */
export const sessionStart = (command: string, more: Partial<Extract<HubFrame, { type: "session_start" }>> = {}) => ({
  type: "session_start" as const,
  session_id: randomUUID(),
  project_id: fakeServer.project_id,
  role: "worker" as const,
  agent_type: "claude_code",
  agent: "custom",
  command,
  session_token: "orcs_the-sessions-token",
  working_directory: tmpdir(),
  cols: 120,
  rows: 40,
  ...more,
});
