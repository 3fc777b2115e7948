import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readEnvironment } from "./config.ts";
import { findHubAccess } from "./hub-access.ts";

const folder = mkdtempSync(join(tmpdir(), "orchestratia-config-"));
const file = join(folder, "agent.yaml");
writeFileSync(
  file,
  `server_name: box
registrations:
  - {hub_url: "https://one.example/", project_id: p-1, server_id: s-1, name: box, api_key: orc_one}
  - {hub_url: "https://two.example", project_id: p-2, server_id: s-2, name: box, api_key: orc_two}
`,
);
const broken = join(folder, "broken.yaml");
writeFileSync(broken, "registrations: [");

const find = (env: Record<string, string>, configFiles = [join(folder, "missing.yaml"), broken, file]) =>
  findHubAccess({ ...readEnvironment(env), configFiles });

test("the environment goes first, and then no file is read", async () => {
  const env = { ORCHESTRATIA_HUB_URL: "http://hub:8000/", ORCHESTRATIA_API_KEY: "orcs_x" };
  expect(await find(env)).toEqual({ url: "http://hub:8000", apiKey: "orcs_x" });
});

test("the first registration that can be read serves where the environment is silent", async () => {
  expect(await find({})).toEqual({ url: "https://one.example", apiKey: "orc_one" });
});

test("the registration of the named project is preferred", async () => {
  expect(await find({ ORCHESTRATIA_PROJECT_ID: "p-2" })).toEqual({ url: "https://two.example", apiKey: "orc_two" });
});

test("a key from the file goes only to the hub that made it", async () => {
  expect(await find({ ORCHESTRATIA_HUB_URL: "https://two.example/" })).toMatchObject({ apiKey: "orc_two" });
  await expect(find({ ORCHESTRATIA_HUB_URL: "https://evil.example" })).rejects.toMatchObject({
    code: "not_configured",
  });
});

test("without a hub or a key the command says what to set", async () => {
  await expect(find({}, [])).rejects.toThrow("ORCHESTRATIA_HUB_URL");
  await expect(find({ ORCHESTRATIA_HUB_URL: "http://hub" }, [])).rejects.toThrow("ORCHESTRATIA_API_KEY");
});

test("ORCHESTRATIA_HOME moves the daemon's file", () => {
  expect(readEnvironment({ ORCHESTRATIA_HOME: "/data" }).configFiles).toEqual(["/data/agent/agent.yaml"]);
  expect(readEnvironment({}).configFiles).toContain("/etc/orchestratia/agent.yaml");
});
