/** Access tokens by the command line, against a whole hub: what CI does with what a person made for it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../apps/cli/src/exit-codes.ts";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { ADMIN, startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { openTestTeam, type TestTeam } from "../apps/hub/src/testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;
let home: string;

beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
  home = await mkdtemp(path.join(tmpdir(), "orchestratia-tokens-"));
  const login = ["login", "--hub", hub.url, "--email", ADMIN.email, "--password-stdin"];
  await runInProcess(login, { env: { ORCHESTRATIA_HOME: home }, stdin: `${ADMIN.password}\n` });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

type Json = Record<string, never> & { [member: string]: Json };

const ran = async (argv: string[], env: Record<string, string>) => {
  const { code, stdout } = await runInProcess([...argv, "--json"], { env });
  return { code, answer: (stdout === "" ? {} : JSON.parse(stdout)) as Json };
};

/** Runs a line as whoever signed in; it must succeed. */
async function person(...argv: string[]): Promise<Json> {
  const { code, answer } = await ran(argv, { ORCHESTRATIA_HOME: home });
  expect([argv, code, answer.error]).toEqual([argv, EXIT.ok, undefined]);
  return answer;
}

/** A machine that knows the hub, the project and a token, and on which nobody has signed in. */
const ci = (token: string, project = team.key) => ({
  ORCHESTRATIA_HOME: path.join(home, "nobody"),
  ORCHESTRATIA_HUB_URL: hub.url,
  ORCHESTRATIA_TOKEN: token,
  ORCHESTRATIA_PROJECT: project,
});

async function make(...argv: string[]): Promise<{ id: string; token: string }> {
  const { id, token } = await person("token", "create", ...argv);
  return { id: String(id), token: String(token) };
}

test("a token serves people's commands where nobody has signed in", async () => {
  const { token } = await make("Nightly build");
  const { answer: made, code } = await ran(["task", "create", "--title", "By CI", "--spec", "Do it."], ci(token));
  expect([code, made.error]).toEqual([EXIT.ok, undefined]);
  const key = String(made.key);
  const lines = [
    ["project", "list"],
    ["project", "view"],
    ["task", "list"],
    ["task", "view", key],
    ["task", "update", key, "--priority", "high"],
    ["task", "note", key, "--content", "From CI."],
    ["task", "notes", key],
    ["task", "plans", key],
    ["match", key],
    ["search", "CI"],
    ["events", "--limit", "5"],
    ["doctor"],
    ["server", "list"],
    ["session", "list"],
    ["intervention", "list"],
    ["pipeline", "create", "--inline", '{"tasks": [{"title": "One", "spec": "Do it."}]}', "--dry-run"],
    ["task", "cancel", key],
    ["task", "archive", key],
  ];
  for (const line of lines) {
    const { code, answer } = await ran(line, ci(token));
    expect([line, code, answer.error]).toEqual([line, EXIT.ok, undefined]);
  }
});

test("a token that reads changes nothing, and one of a project opens no other", async () => {
  const { token: reader } = await make("Dashboards", "--read", "--expires", "7");
  expect((await ran(["task", "list"], ci(reader))).code).toBe(EXIT.ok);
  const create = ["task", "create", "--title", "T", "--spec", "S"];
  expect(await ran(create, ci(reader))).toMatchObject({
    code: EXIT.forbidden,
    answer: { error: "This access token may only read." },
  });
  const { token: one } = await make("One project", "--project", team.key.toLowerCase());
  expect((await ran(create, ci(one))).code).toBe(EXIT.ok);
  expect((await ran(create, ci(one, other.key))).code).toBe(EXIT.notFound);
  const { answer } = await ran(["project", "list"], ci(one));
  expect((answer.projects as unknown as Json[]).map(({ key }) => key)).toEqual([team.key]);
  const { token: two } = await make("Two projects", "--project", team.key, "--project", other.key);
  for (const project of [team.key, other.key]) expect((await ran(create, ci(two, project))).code).toBe(EXIT.ok);
});

test("tokens are listed without themselves, a token makes none, and one that is revoked is over", async () => {
  const { id, token } = await make("Short");
  const listed = (await person("token", "list")).access_tokens as unknown as Json[];
  expect(listed[0]).toMatchObject({ id, name: "Short", scope: "write", projects: null });
  expect(JSON.stringify(listed)).not.toContain(token);
  const { stdout } = await runInProcess(["token", "list"], { env: { ORCHESTRATIA_HOME: home } });
  expect(stdout).toMatch(new RegExp(`${id} +Short +${token.slice(0, 11)} +write +every project +never +20`));
  expect((await ran(["token", "create", "Another"], ci(token))).code).toBe(EXIT.forbidden);
  expect((await ran(["token", "list"], ci(token))).code).toBe(EXIT.forbidden);
  await person("token", "revoke", id);
  expect((await ran(["task", "list"], ci(token))).code).toBe(EXIT.notSignedIn);
  expect((await ran(["token", "revoke", id], { ORCHESTRATIA_HOME: home })).code).toBe(EXIT.notFound);
  expect((await ran(["token", "create", "Long", "--expires", "366"], { ORCHESTRATIA_HOME: home })).code).toBe(
    EXIT.invalid,
  );
});
