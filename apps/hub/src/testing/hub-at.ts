import { readFile } from "node:fs/promises";
import path from "node:path";
import { HubClient } from "@orchestratia/client/http";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import { createRegistrationToken } from "@orchestratia/protocol/operations/people";

/** What tests need of a hub, whether it is in their process or one of its own. */
export interface HubAccess {
  readonly url: string;
  client(headers?: Record<string, string>): HubClient;
  /** Signed with the token of the hub's machine. */
  system(): Promise<HubClient>;
  registerServer(project: { key: string }, report: { name: string }): Promise<{ id: string; key: string }>;
}

/** The hub that listens at `url` and has its data in `home`. */
export function hubAt(url: string, home: string): HubAccess {
  const client = (headers: Record<string, string> = {}) => new HubClient({ baseUrl: url, headers: () => headers });
  const system = async () => {
    const token = await readFile(path.join(home, "local-token"), "utf8");
    return client({ authorization: `Bearer ${token}` });
  };
  return {
    url,
    client,
    system,
    async registerServer(project, { name }) {
      const params = { project: project.key };
      const { token } = await (await system()).call(createRegistrationToken, { params, body: {} });
      const body = { name, machine_id: name, registration_token: token };
      const { id, api_key } = await client().call(registerServer, { body });
      return { id, key: api_key };
    },
  };
}
