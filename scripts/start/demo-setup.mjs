import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { LocalHub, RefusedError } from "../local-hub.mjs";
import { DaemonConfig } from "./daemon-config.mjs";
import { ensureRepository } from "./demo-repository.mjs";

const PROJECT = "DEMO";
const AGENT = "demo";

/**
 * Makes whatever of the demo is missing: its repository, its project with the ready pipeline, and the daemon's
 * configuration. May be called at every start, before the daemon runs. `url` is how this machine reaches the hub, `token`
 * the hub's local token, `root` the folder of the checkout. Answers a registration token for the daemon when the hub does
 * not know it yet, else undefined.
 */
export async function ensureDemo({ url, home, token, root }) {
  const hub = LocalHub.withToken(url, token);
  const repository = join(home, "demo/repo");
  await ensureRepository(repository);
  const program = await writeAgentProgram(home, root);
  const project = await ensureProject(hub);
  await ensurePipeline(hub, root);

  const config = new DaemonConfig(home);
  const agent = { name: AGENT, command: [program], prompt: "^demo> $", cwd: repository };
  await config.offerDemo({ repository, agent });
  const registration = await findRegistration(config, project.id, url);
  if (registration) {
    await config.moveRegistration(registration.server_id, url);
    return undefined;
  }
  const made = await hub.post(`/projects/${PROJECT}/registration-tokens`, {});
  return tokenFor(made.token, url);
}

/** The configuration names this file, so that it stays right when the checkout or Node moves. */
async function writeAgentProgram(home, root) {
  const file = join(home, "demo/agent");
  await mkdir(join(home, "demo"), { recursive: true, mode: 0o700 });
  await writeFile(file, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(join(root, "demo/agent.mjs"))}\n`);
  await chmod(file, 0o700);
  return file;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

async function ensureProject(hub) {
  try {
    return await hub.get(`/projects/${PROJECT}`);
  } catch (error) {
    if (!(error instanceof RefusedError && error.code === "project_not_found")) throw error;
    // Its tasks hand commits on to each other in the repository itself.
    const settings = { default_agent: AGENT, auto_start_sessions: true, worktree_per_task: false };
    return hub.post("/projects", { key: PROJECT, name: "Demo", settings });
  }
}

/** A new version of Orchestratia may bring another pipeline; a run that is under way is not disturbed. */
async function ensurePipeline(hub, root) {
  const pipeline = parse(await readFile(join(root, "demo/pipeline.yaml"), "utf8"));
  const { state, tasks } = await hub.get("/demo");
  if (state === "running" || (tasks.length > 0 && isMadeOf(tasks, pipeline))) return;
  await hub.post(`/projects/${PROJECT}/pipelines`, pipeline);
}

const isMadeOf = (tasks, pipeline) => isDeepStrictEqual(tasks.map(definition), pipeline.tasks.map(definition));

const definition = ({ title, spec, labels, target_repo, structured_spec }) => ({
  title,
  spec,
  labels,
  target_repo,
  structured_spec,
});

/** The daemon's registration in the project, if its key still opens this hub. */
async function findRegistration(config, projectId, url) {
  for (const registration of config.registrations) {
    if (registration.project_id === projectId && (await opens(url, registration.api_key))) return registration;
  }
  return undefined;
}

async function opens(url, key) {
  try {
    await LocalHub.withKey(url, key).get("/server/servers");
    return true;
  } catch (error) {
    if (error instanceof RefusedError && error.code === "unauthenticated") return false;
    throw error;
  }
}

/**
 * A registration token names its hub: `orcreg_<base64url of the address>.<secret>`. The public address may not be
 * reachable from here, so the local daemon's names the local one.
 */
function tokenFor(token, url) {
  const secret = token.slice(token.indexOf(".") + 1);
  return `orcreg_${Buffer.from(url).toString("base64url")}.${secret}`;
}
