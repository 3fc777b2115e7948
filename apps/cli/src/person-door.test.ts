import { operations } from "@orchestratia/protocol/operations/all";
import { expect, test } from "vitest";
import { z } from "zod";
import * as agentLines from "./operations.ts";
import { COUNTERPARTS } from "./person-door.ts";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { runInProcess } from "./testing/run-in-process.ts";

/** One line for each operation that both call. */
const LINES: readonly { operation: string; argv: string[] }[] = [
  ["listTasks", "task list --status running"],
  ["createTask", "task create --title T --spec S"],
  ["viewTask", "task view DEMO-3"],
  ["updateTask", "task update DEMO-3 --priority critical"],
  ["cancelTask", "task cancel DEMO-3"],
  ["failTask", "task fail DEMO-3 --error broken"],
  ["assignTask", "task assign DEMO-3 --session w1"],
  ["addDependency", "task deps add DEMO-4 --depends-on DEMO-3"],
  ["removeDependency", "task deps remove DEMO-4 --depends-on DEMO-3"],
  ["addNote", "task note DEMO-3 --content half"],
  ["listNotes", "task notes DEMO-3"],
  ["listPlans", "task plans DEMO-3"],
  ["approvePlan", "task approve DEMO-3"],
  ["revisePlan", "task revise DEMO-3 --feedback softer"],
  ["placeTask", "task place DEMO-3 --no-parent"],
  ["listChildren", "task children DEMO-3"],
  ["viewTaskDiff", "task diff DEMO-3 --stat"],
  ["listTaskOutput", "task output list DEMO-3 --stream tail"],
  ["searchTasks", "search client"],
  ["viewIntervention", "intervention view 3f2a91c4"],
  ["explainMatch", "match DEMO-3"],
  ["createPipeline", `pipeline create --inline {"tasks":[{"title":"A","spec":"a"}]}`],
  ["listInterventions", "intervention list --status pending"],
  ["respondIntervention", "intervention respond 3f2a91c4 --response yes"],
  ["listServers", "server list"],
  ["listSessions", "session list"],
].map(([operation = "", line = ""]) => ({ operation, argv: line.split(" ") }));

const protocolOf = ({ method, path }: { method: string; path: string }) => {
  const found = operations.find((operation) => operation.method === method && operation.path === path);
  if (!found) throw new Error(`There is no ${method} ${path}.`);
  return found;
};
const shapeOf = (schema: z.ZodType = z.undefined()) => {
  const { $schema, id, ...shape } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return shape;
};

test("what people call for a command takes and answers what the command reads", () => {
  for (const [agents, { operation, answer }] of COUNTERPARTS) {
    const [ours, theirs] = [protocolOf(agents), protocolOf(operation)];
    expect([theirs.id, theirs.door]).toEqual([theirs.id, "people"]);
    expect([theirs.id, shapeOf(theirs.body)]).toEqual([theirs.id, shapeOf(ours.body)]);
    if (answer) continue;
    const [fields, needed] = [fieldsOf(theirs.response), fieldsOf(ours.response)];
    expect([theirs.id, fields]).toEqual([theirs.id, expect.arrayContaining(needed)]);
  }
});

function fieldsOf(schema: z.ZodType): string[] {
  const { properties } = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });
  return Object.keys(properties ?? {});
}

test("only what needs a session has no counterpart", () => {
  const alone = Object.entries(agentLines).filter(([, line]) => !COUNTERPARTS.has(line));
  expect(alone.map(([name]) => name).sort()).toEqual([
    "addTaskOutput",
    "checkTasks",
    "completeTask",
    "helpTask",
    "planTask",
    "remoteExec",
    "remoteRead",
    "sendFile",
    "startTask",
    "status",
    "submitTask",
    "viewFileTransfer",
  ]);
});

test("a person's sign-in serves where no key is set; a key goes first", async () => {
  await using hub = await startProtocolHub();
  const person = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_TOKEN: "orct_secret", ORCHESTRATIA_PROJECT: "DEMO" };
  const called = () => hub.received.map(({ operation, params }) => [operation, params]);

  expect(await runInProcess(["task", "view", "DEMO-3"], { env: person })).toMatchObject({ code: 0 });
  expect(await runInProcess(["task", "notes", "DEMO-3", "--project", "APP"], { env: person })).toMatchObject({
    code: 0,
  });
  const keyed = { ...person, ORCHESTRATIA_API_KEY: "orcs_secret" };
  expect(await runInProcess(["task", "view", "DEMO-3"], { env: keyed })).toMatchObject({ code: 0 });

  expect(called()).toEqual([
    ["viewTask", { project: "DEMO", task: "DEMO-3" }],
    ["listNotes", { project: "APP", task: "DEMO-3" }],
    ["agentViewTask", { task: "DEMO-3" }],
  ]);
});

test("a person reads what an agent reads", async () => {
  await using hub = await startProtocolHub();
  const person = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_TOKEN: "orct_secret", ORCHESTRATIA_PROJECT: "DEMO" };
  const agent = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: "orcs_secret" };
  const compared: string[] = [];
  for (const { operation, argv } of LINES) {
    const [asPerson, asAgent] = [await runInProcess(argv, { env: person }), await runInProcess(argv, { env: agent })];
    expect([operation, asPerson.code, asPerson.stdout]).toEqual([operation, 0, asAgent.stdout]);
    compared.push(operation);
  }
  const covered = [...COUNTERPARTS.values()].map(({ operation }) => protocolOf(operation).id);
  expect(compared.sort()).toEqual(covered.sort());
});

test("what only an agent does, and a project beside a key, are refused in words", async () => {
  const person = { ORCHESTRATIA_HUB_URL: "http://hub.invalid", ORCHESTRATIA_TOKEN: "orct_secret" };
  const started = await runInProcess(["task", "start", "DEMO-3", "--json"], { env: person });
  expect([started.code, JSON.parse(started.stdout || started.stderr).code]).toEqual([1, "needs_session"]);

  const keyed = { ORCHESTRATIA_HUB_URL: "http://hub.invalid", ORCHESTRATIA_API_KEY: "orcs_secret" };
  const viewed = await runInProcess(["task", "view", "DEMO-3", "--project", "APP", "--json"], { env: keyed });
  expect([viewed.code, JSON.parse(viewed.stdout || viewed.stderr).code]).toEqual([1, "project_fixed"]);
});
