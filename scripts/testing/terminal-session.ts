import type { Home, Instance } from "./instance.ts";
import { until } from "./instance.ts";

interface Server {
  id: string;
  reachable: boolean;
}

interface Session {
  id: string;
  status: string;
}

/** Asks the instance's hub as the hub's owner, with the local token. */
async function ask<T>(instance: Instance, home: Home, path: string, body?: object): Promise<T> {
  const response = await fetch(`${instance.url}/api/v1/projects/DEMO${path}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${home.localToken}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The local daemon's registration, once it is connected. */
export function connectedServer(instance: Instance, home: Home): Promise<Server> {
  return until("the daemon is connected", async () => {
    const { servers } = await ask<{ servers: Server[] }>(instance, home, "/servers");
    return servers.find(({ reachable }) => reachable);
  });
}

/** Opens a shell in a terminal of this machine and waits until it runs; returns the session's id. */
export async function openShell(instance: Instance, home: Home): Promise<string> {
  const { id: server_id } = await connectedServer(instance, home);
  const { id } = await ask<Session>(instance, home, "/sessions", { server_id, agent: "shell" });
  await until("the shell runs", async () => (await sessionStatus(instance, home, id)) === "active");
  return id;
}

export async function sessionStatus(instance: Instance, home: Home, id: string): Promise<string | undefined> {
  const { sessions } = await ask<{ sessions: Session[] }>(instance, home, "/sessions");
  return sessions.find((session) => session.id === id)?.status;
}
