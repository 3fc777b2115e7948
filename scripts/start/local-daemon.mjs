import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../refusal.mjs";
import { DaemonConfig } from "./daemon-config.mjs";
import { lastLines, sizeOf } from "./log-file.mjs";
import { logFile } from "./part.mjs";

const configFile = (home) => path.join(home, "agent/agent.yaml");
const addressFile = (home) => path.join(home, "run/address");

/** The daemon's arguments for node. */
export const daemonArguments = ({ root, home, keepSessions }) => [
  path.join(root, "apps/agent/dist/main.js"),
  ...["--config", configFile(home), "--state-dir", path.join(home, "agent")],
  ...(keepSessions ? [] : ["--close-sessions-on-exit"]),
];

/** Registers this machine with the hub that made the token. */
export async function registerDaemon({ root, home, token, env }) {
  const file = logFile(home, "agent");
  const logged = sizeOf(file);
  const log = openSync(file, "a", 0o600);
  // The token goes by stdin: a command line can be read by everybody.
  const args = [...daemonArguments({ root, home, keepSessions: true }), "--register", "-"];
  const child = spawn(process.execPath, args, { cwd: home, env, stdio: ["pipe", log, log] });
  closeSync(log);
  child.stdin.on("error", () => {});
  child.stdin.end(`${token}\n`);
  const [code] = await once(child, "exit");
  if (code !== 0)
    throw new Refusal(`This machine could not be registered. ${file} ends with:\n${lastLines(file, logged)}`);
}

/** Makes the registrations with the local hub follow it to another port. */
export async function followHub({ home, localUrl }) {
  const former = existsSync(addressFile(home)) ? readFileSync(addressFile(home), "utf8") : localUrl;
  const config = new DaemonConfig(home);
  for (const { hub_url, server_id } of config.registrations) {
    if (hub_url === former) await config.moveRegistration(server_id, localUrl);
  }
  writeFileSync(addressFile(home), localUrl, { mode: 0o600 });
}

/** Waits until the hub sees one of the daemon's registrations connected. */
export async function daemonConnected({ home, localUrl, token, patienceMs }) {
  for (const since = Date.now(); Date.now() - since < patienceMs; await delay(100)) {
    for (const { hub_url, project_id, server_id } of new DaemonConfig(home).registrations) {
      if (hub_url === localUrl && (await isReachable({ localUrl, token, project_id, server_id }))) return true;
    }
  }
  return false;
}

async function isReachable({ localUrl, token, project_id, server_id }) {
  const response = await fetch(`${localUrl}/api/v1/projects/${project_id}/servers`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) return false;
  const { servers } = await response.json();
  return servers.some(({ id, reachable }) => id === server_id && reachable);
}
