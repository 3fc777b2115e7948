/** Real agents do tasks of a whole hub: matched, started, typed to and judged by a daemon that is a process of its own. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { userGit } from "../../apps/agent/src/testing/test-repository.ts";
import * as output from "../../packages/protocol/src/operations/output.ts";
import * as people from "../../packages/protocol/src/operations/people.ts";
import { askingTools, databaseQuestion } from "./asking.ts";
import { soon, startFleet } from "./fleet.ts";
import { limits } from "./limits.ts";

/** Agent → the folder with its program; `npm run test:agents` installs them and says where. */
const folders = JSON.parse(process.env.ORCHESTRATIA_TEST_AGENTS ?? "{}") as Record<string, string>;

/** The model thinks for longer than a daemon takes to start. */
const LONG_THOUGHT_MS = 20_000;
const THOUGHT_MS = 8000;

type Settings = Parameters<typeof startFleet>[2];
type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** What was on the agents' screens and what their model was told: without it a red test says little. */
async function explain(fleet: Fleet): Promise<string> {
  const screens: string[] = [];
  for (const { id, name, status, agent_status } of await fleet.sessions()) {
    screens.push(`${name}: ${status}, ${agent_status}\n${await fleet.screen(id).catch(String)}`);
  }
  screens.push(JSON.stringify(await fleet.hub.database.sql.query("select to_jsonb(t) - 'spec' as t from tasks t")));
  screens.push(JSON.stringify(await fleet.hub.database.sql.query("select to_jsonb(t) as t from sessions t")));
  const turns = fleet.llm.requests.map(({ turn, last }) => JSON.stringify({ last, turn }).slice(0, 600));
  return [...screens, ...turns.slice(-12), fleet.daemon.said.slice(-3000)].join("\n");
}

async function inFleet(name: string, bin: string, settings: Settings, scenario: (fleet: Fleet) => Promise<void>) {
  await using fleet = await startFleet(name, bin, settings);
  try {
    await scenario(fleet);
  } catch (error) {
    console.log(await explain(fleet));
    throw error;
  }
}

/** It never gives up, and says so of long pauses only. */
const triesForEver = new Set(["opencode"]);
/** With which error each gives up soon: Gemini CLI tries for minutes where its model is overloaded. */
const lastingError = (agent: string) => (agent === "gemini" ? 429 : 529);

async function limitQuestion({ person, params }: Fleet, task: string) {
  const { interventions } = await person.call(people.listInterventions, { params, query: { status: "pending" } });
  return interventions.find(({ cause, task_key }) => cause === "usage_limit" && task_key === task);
}

const isStatus = (fleet: Fleet, task: string, status: string) => async () => (await fleet.view(task)).status === status;

describe.each(Object.entries(folders))("%s", (name, bin) => {
  const asking = askingTools[name];

  test("does a task in a checkout of its own, with a person's yes and no, and hands its contract on", async () => {
    const settings = { worktree_per_task: true, verify_commands: ["test -f done.txt"] };
    await inFleet(name, bin, settings, async (fleet) => {
      const key = `${fleet.params.project}-1`;
      const complete = `@@sh orchestratia task complete ${key} --result '{"summary": "made", "contracts": {"port": 8080}}'`;
      const upstream = await fleet.makeTask(
        [
          `@@sh orchestratia task start ${key}`,
          `@@sh orchestratia task note ${key} --content "Half done."`,
          "@@sh echo yes > asked.txt",
          "@@sh echo no > refused.txt",
          complete,
          "@@error 529",
          "@@sh touch done.txt",
          complete,
          "@@end FIRST-OVER",
        ],
        {
          structured_spec: {
            expected_output: { contracts: [{ key: "port", required: true, schema: { type: "integer" } }] },
          },
        },
      );
      expect(upstream.key).toBe(key);
      const second = `${fleet.params.project}-2`;
      await fleet.makeTask(
        [
          `@@sh orchestratia task start ${second}`,
          "@@sh touch done.txt",
          `@@sh orchestratia task complete ${second} --result used`,
          "@@end SECOND-OVER",
        ],
        { dependencies: [{ depends_on_task_id: key, dependency_type: "input", contract_key: "port" }] },
      );

      const checkout = fleet.checkout(key);
      const asked = await fleet.answer("asked.txt", "Allow once");
      expect(asked).toMatchObject({ raised_by: "hub", task_key: key });
      await fleet.answer("refused.txt", "Deny");
      await soon(isStatus(fleet, key, "done"));
      expect(readFileSync(join(checkout, "asked.txt"), "utf8")).toBe("yes\n");
      expect(existsSync(join(checkout, "refused.txt"))).toBe(false);
      expect(userGit(checkout, "branch", "--show-current")).toBe(`orc/${key}`);

      const done = await fleet.view(key);
      expect(done).toMatchObject({ result: { summary: "made" }, attempt: 1 });
      expect(done.recent_notes.map(({ content }) => content)).toEqual(["Half done."]);
      const ofTask = { params: { ...fleet.params, task: key } };
      const { output: pieces } = await fleet.person.call(output.listTaskOutput, ofTask);
      expect(pieces.map(({ content }) => content).join("")).toContain("$ test -f done.txt");
      const told = fleet.llm.requests.map(({ last }) => last ?? "").join("\n");
      expect(told).toContain(`The verify command "test -f done.txt" of ${key} exited with 1`);

      await soon(isStatus(fleet, second, "done"));
      expect((await fleet.view(second)).resolved_inputs).toEqual({ port: 8080 });
      expect(fleet.llm.requests.some(({ first }) => first?.includes("Input port: 8080"))).toBe(true);

      const newest = (await fleet.sessions()).find(({ working_directory }) => working_directory !== checkout);
      await soon(async () => /^(?!.*@@).*SECOND-OVER/m.test(await fleet.screen(newest?.id ?? "")));
      const transcripts = process.env.ORCHESTRATIA_TEST_TRANSCRIPTS;
      if (transcripts) writeFileSync(join(transcripts, `${name}.txt`), await fleet.screen(newest?.id ?? ""));
    });
  });

  test("asks, and goes on with what a person answers", async () => {
    await inFleet(name, bin, { worktree_per_task: true }, async (fleet) => {
      const key = `${fleet.params.project}-1`;
      await fleet.makeTask([
        `@@sh orchestratia task start ${key}`,
        ...(asking ? [`@@tool ${asking.tool} ${JSON.stringify(databaseQuestion(asking))}`] : []),
        `@@sh orchestratia task help ${key} --question "Which port?"`,
        "@@end ASKED-OVER",
      ]);
      if (asking) {
        const own = await fleet.answer("Which database?", "SQLite");
        expect(own).toMatchObject({ raised_by: "hub", task_key: key });
      }
      const asked = await fleet.answer("Which port?", `@@sh orchestratia task complete ${key} --result answered`);
      expect(asked).toMatchObject({ raised_by: "worker", task_key: key });
      await soon(isStatus(fleet, key, "done"));
      expect(await fleet.view(key)).toMatchObject({ result: "answered", attempt: 1 });
      const told = fleet.llm.requests.map(({ last }) => last ?? "").join("\n");
      if (asking) expect(told).toContain("SQLite");
    });
  });

  test("the daemon is killed while it works, and the next one takes it over", async () => {
    await inFleet(name, bin, { worktree_per_task: true, verify_commands: ["test -f done.txt"] }, async (fleet) => {
      const key = `${fleet.params.project}-1`;
      await fleet.makeTask([
        `@@sh orchestratia task start ${key}`,
        `@@sleep ${LONG_THOUGHT_MS}`,
        "@@sh touch done.txt",
        `@@sh orchestratia task complete ${key} --result recovered`,
      ]);
      await soon(() => fleet.llm.requests.some(({ turn }) => turn.wait === LONG_THOUGHT_MS));
      const before = await fleet.sessionOf(key);
      const { epoch } = await fleet.view(key);
      await fleet.daemon.kill();
      fleet.daemon.start();
      await soon(isStatus(fleet, key, "done"));
      expect(await fleet.view(key)).toMatchObject({ result: "recovered", attempt: 1, epoch });
      expect((await fleet.sessions()).map(({ id, status }) => [id, status])).toEqual([[before.id, "active"]]);
    });
  });

  test("its process is killed, and the hub goes on with the conversation in another session by itself", async () => {
    await inFleet(name, bin, { worktree_per_task: true }, async (fleet) => {
      const { params, person } = fleet;
      const key = `${params.project}-1`;
      await fleet.makeTask([
        `@@sh orchestratia task start ${key}`,
        `@@sleep ${THOUGHT_MS}`,
        `@@sh orchestratia task complete ${key} --result resumed`,
      ]);
      await soon(() => fleet.llm.requests.some(({ turn }) => turn.wait === THOUGHT_MS));
      const first = await fleet.sessionOf(key);
      process.kill(fleet.record(first.id)?.pid ?? 0, "SIGKILL");
      const view = () => person.call(people.viewSession, { params: { ...params, session: first.id } });
      await soon(async () => (await view()).status === "closed");
      await soon(isStatus(fleet, key, "done"));
      expect(await fleet.view(key)).toMatchObject({ result: "resumed", attempt: 2 });
      const sessions = await fleet.sessions();
      expect(sessions.map(({ working_directory }) => working_directory)).toEqual(Array(2).fill(fleet.checkout(key)));
      const { interventions } = await person.call(people.listInterventions, { params });
      expect(interventions).toEqual([]);
      const asked = fleet.llm.requests
        .at(-1)
        ?.prompts.filter((prompt: string) => prompt.includes("orchestratia task check"));
      expect(asked).toHaveLength(2);
    });
  });

  test("while its model only fails the hub asks what to do and feeds its server nothing; then the work goes on", async () => {
    await inFleet(name, bin, { on_usage_limit: "ask" }, async (fleet) => {
      const key = `${fleet.params.project}-1`;
      const other = `${fleet.params.project}-2`;
      const script = (task: string) => `@@sh orchestratia task complete ${task} --result over`;
      await fleet.makeTask([`@@sh orchestratia task start ${key}`, `@@errors ${lastingError(name)}`, script(key)]);
      const isAtLimit = async () => (await fleet.sessions()).some(({ waiting }) => waiting?.for === "usage_limit");
      if (triesForEver.has(name)) await soon(() => fleet.llm.requests.filter(({ turn }) => turn.error).length > 2);
      else {
        await soon(isAtLimit);
        await fleet.makeTask([`@@sh orchestratia task start ${other}`, script(other)]);
        expect(await fleet.sessionOf(key)).toMatchObject({ agent_status: "waiting" });
        await soon(async () => (await limitQuestion(fleet, key)) !== undefined);
        expect((await fleet.view(other)).status).toBe("pending");
      }
      expect((await fleet.view(key)).status).toBe("running");
      fleet.llm.lift();
      await soon(isStatus(fleet, key, "done"));
      expect(await fleet.view(key)).toMatchObject({ result: "over", attempt: 1 });
      expect(await limitQuestion(fleet, key)).toBeUndefined();
      if (!triesForEver.has(name)) await soon(isStatus(fleet, other, "done"));
    });
  });

  const limit = limits[name];
  test.runIf(limit?.isTold)(
    "a usage limit that says when it ends is waited for, and then the work goes on (the others say none)",
    async () => {
      await inFleet(name, bin, { on_usage_limit: "wait" }, async (fleet) => {
        const key = `${fleet.params.project}-1`;
        const script = [`@@sh orchestratia task start ${key}`, `@@errors ${limit?.errors}`];
        await fleet.makeTask([...script, `@@sh orchestratia task complete ${key} --result over`]);
        await soon(async () => (await fleet.sessions()).some(({ waiting }) => waiting?.resets_at !== undefined));
        await soon(isStatus(fleet, key, "done"));
        expect(await fleet.view(key)).toMatchObject({ result: "over", attempt: 1 });
      });
    },
  );
});
