import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agentCatalog } from "../../apps/agent/src/agents/catalog.ts";
import { detectAgents } from "../../apps/agent/src/agents/detect.ts";
import type { ToolDecision } from "../../apps/agent/src/agents/hook-event.ts";
import { AgentSession } from "../../apps/agent/src/testing/agent-session.ts";
import { waitFor } from "../../apps/agent/src/testing/wait.ts";
import { askingTools, databaseQuestion } from "./asking.ts";
import { startFakeLlm } from "./fake-llm/fake-llm.mjs";
import { limits } from "./limits.ts";
import { sandbox } from "./sandbox.ts";
import { agentPackages } from "./versions.mjs";

/** Agent → the folder with its program; `npm run test:agents` installs them and says where. */
const folders = JSON.parse(process.env.ORCHESTRATIA_TEST_AGENTS ?? "{}") as Record<string, string>;
const catalog = agentCatalog([]);
const contextText = "You work in Orchestratia.";

const allowed: ToolDecision = { decision: "allow", reason: "" };
const decide = (_tool: string, input: unknown): ToolDecision => {
  const words = JSON.stringify(input);
  if (words.includes("forbidden")) return { decision: "deny", reason: "The rules of this project forbid that." };
  return words.includes("doubtful") ? { decision: "ask", reason: "" } : allowed;
};

/** What makes each show its own dialog about a tool, and what allows it there. */
const ownDialogs: Record<string, { script: string; answer: string }> = {
  claude: { script: "@@sh touch own.txt doubtful.txt", answer: "Yes" },
  // A rule of the user's own, see sandbox.ts.
  gemini: { script: "@@sh touch own.txt", answer: "Allow once" },
};

/** A line of the screen that is the agent's, not the prompt's, which says it as well. */
const said = (words: string) => new RegExp(`^(?!.*@@).*${words}`, "m");

describe.each(Object.entries(folders))("%s", (name, bin) => {
  const agent = catalog.get(name);
  if (!agent) throw new Error(`nobody knows ${name}`);
  const version = agentPackages[name as keyof typeof agentPackages].version;

  test("is found, with its version", async () => {
    const found = await detectAgents([agent], { PATH: `${bin}:/usr/bin:/bin`, HOME: "/nonexistent" });
    expect(found).toMatchObject([{ name, kind: name, version: expect.stringContaining(version) }]);
    expect(found[0]?.logged_in).not.toBe(true);
    console.log(`${name}: ${found[0]?.version}`);
  });

  test("from its first start to its prompt, through a tool, an interrupt and its death, and on with the conversation", async () => {
    await using llm = await startFakeLlm();
    using place = sandbox(name, llm.url, bin);
    // What `orchestratia` needs in a tool of the agent: the network, and the session's own key.
    const env = { ...place.env, ORCHESTRATIA_HUB_URL: llm.url, ORCHESTRATIA_API_KEY: "orcs_test" };
    const start = { folder: place.session, cwd: place.work, env, contextText, decide };
    const call = `node -e "fetch(process.env.ORCHESTRATIA_HUB_URL + '/hub/' + process.env.ORCHESTRATIA_API_KEY)"`;
    let conversation: string | undefined;
    {
      await using session = await AgentSession.start(agent, start);
      await session.until("idle");

      session.type(`@@sh ${call} && echo made > made.txt ;; @@sleep 1500 ;; @@end FIRST-OVER`);
      await session.until("working");
      await session.until("idle");
      await session.shows(said("FIRST-OVER"));
      expect(llm.requests.some((request) => request.text.includes(contextText))).toBe(true);
      expect(existsSync(join(place.work, "made.txt"))).toBe(true);
      expect(llm.others).toContain("/hub/orcs_test");

      session.type("@@sleep 120000 ;; @@end NEVER-SAID");
      await session.until("working");
      await waitFor(() => llm.requests.some(({ turn }) => turn.wait === 120_000));
      session.agent.interrupt();
      await session.until("idle");
      expect(await session.screen()).not.toMatch(said("NEVER-SAID"));

      conversation = await waitFor(() => session.conversation);
      process.kill(session.terminal.record.pid, "SIGKILL");
      await session.until("exited");
    }
    await using session = await AgentSession.start(agent, { ...start, conversation });
    await session.until("idle");
    session.type("@@end SECOND-OVER");
    await session.until("working");
    await session.until("idle");
    await session.shows(said("SECOND-OVER"));
    const asked = llm.requests.find(({ prompt, tools }) => prompt.includes("SECOND-OVER") && tools.length > 0);
    expect(asked?.prompts.join("\n")).toContain("FIRST-OVER");
  });

  test("a tool that is refused does not run, and the agent is told why; one in doubt waits for a person", async () => {
    await using llm = await startFakeLlm();
    using place = sandbox(name, llm.url, bin);
    await using session = await AgentSession.start(agent, {
      folder: place.session,
      cwd: place.work,
      env: place.env,
      contextText,
      decide,
    });
    await session.until("idle");
    session.type("@@sh echo no > forbidden.txt");
    await session.until("working");
    await session.until("idle");
    expect(existsSync(join(place.work, "forbidden.txt"))).toBe(false);
    expect(llm.requests.map(({ last }) => last ?? "").join("\n")).toContain("The rules of this project forbid that.");

    session.type("@@sh echo perhaps > doubtful.txt ;; @@end DOUBT-OVER");
    if (agent.hooks?.canAsk) {
      const { waiting } = await session.until("waiting");
      expect(waiting).toMatchObject({ for: "permission", text: expect.stringContaining("doubtful.txt") });
      expect(await session.answer("Perhaps")).toContain("takes one of: ");
      expect(await session.answer("No")).toBeUndefined();
    } else await session.until("working");
    await session.until("idle");
    expect(existsSync(join(place.work, "doubtful.txt"))).toBe(false);
  });

  const asking = askingTools[name];
  test.runIf(asking)(
    "a question waits for a person, whose answer reaches it (codex cannot ask in its ordinary mode)",
    async () => {
      await using llm = await startFakeLlm();
      using place = sandbox(name, llm.url, bin);
      const start = { folder: place.session, cwd: place.work, env: place.env, contextText, decide };
      await using session = await AgentSession.start(agent, start);
      await session.until("idle");
      session.type(`@@tool ${asking?.tool} ${JSON.stringify(databaseQuestion(asking))} ;; @@end ASKED-OVER`);
      const { waiting } = await session.until("waiting");
      expect(waiting).toMatchObject({ for: "question", text: expect.stringContaining("Which database?") });
      expect(waiting?.options).toEqual(expect.arrayContaining(["Postgres", "SQLite"]));
      expect(await session.answer("sqlite")).toBeUndefined();
      await session.until("idle");
      expect(llm.requests.map(({ last }) => last ?? "").join("\n")).toContain("SQLite");
      await session.shows(said("ASKED-OVER"));
    },
  );

  const ownDialog = ownDialogs[name];
  test.runIf(ownDialog)(
    "a dialog of its own about a tool is answered by a person (codex and opencode show none: our hook answers for it)",
    async () => {
      await using llm = await startFakeLlm();
      using place = sandbox(name, llm.url, bin);
      const start = { folder: place.session, cwd: place.work, env: place.env, contextText, decide };
      await using session = await AgentSession.start(agent, start);
      await session.until("idle");
      session.type(`${ownDialog?.script} ;; @@end DIALOG-OVER`);
      const { waiting } = await session.until("waiting");
      expect(waiting).toMatchObject({ for: "permission" });
      expect(waiting?.options).toContain(ownDialog?.answer);
      expect(await session.answer(ownDialog?.answer ?? "")).toBeUndefined();
      await session.until("idle");
      await session.shows(said("DIALOG-OVER"));
      expect(existsSync(join(place.work, "own.txt"))).toBe(true);
    },
  );

  test("a model that is overloaded once keeps it working", async () => {
    await using llm = await startFakeLlm();
    using place = sandbox(name, llm.url, bin);
    const start = { folder: place.session, cwd: place.work, env: place.env, contextText, decide };
    await using session = await AgentSession.start(agent, start);
    await session.until("idle");
    session.type("@@error 529 ;; @@end RECOVERED");
    await session.until("working");
    await session.until("idle");
    await session.shows(said("RECOVERED"));
  });

  test("at its usage limit it waits, and goes on when that is over", async () => {
    await using llm = await startFakeLlm();
    using place = sandbox(name, llm.url, bin);
    const start = { folder: place.session, cwd: place.work, env: place.env, contextText, decide, tryAgainMs: 10_000 };
    await using session = await AgentSession.start(agent, start);
    await session.until("idle");
    const { errors, isTold } = limits[name] ?? { errors: "429", isTold: false };
    session.type(`@@errors ${errors} ;; @@end LIMIT-OVER`);
    const { waiting } = await session.until("waiting");
    expect(waiting?.for).toBe("usage_limit");
    expect(waiting?.options).toBeUndefined();
    expect(waiting?.resets_at !== undefined).toBe(isTold);
    if (isTold) expect(Math.abs(Date.parse(waiting?.resets_at ?? "") - Date.now())).toBeLessThan(180_000);
    else llm.lift();
    // One goes on by itself or at the press of a key; the others stand at their prompt, and the hub says that they may go on.
    await waitFor(() => session.agent.status !== "waiting", 240_000);
    if (session.agent.status === "idle") {
      session.type("@@end LIMIT-OVER");
      await session.until("working");
    }
    await session.until("idle");
    await session.shows(said("LIMIT-OVER"));
  });

  test("one task without a prompt: it does it and ends", async () => {
    await using llm = await startFakeLlm();
    using place = sandbox(name, llm.url, bin);
    const task = "@@sh echo made > headless.txt ;; @@end ALL-OVER";
    const start = { folder: place.session, cwd: place.work, env: place.env, contextText, decide, task };
    await using session = await AgentSession.start(agent, start);
    expect(await waitFor(() => session.terminal.exit ?? undefined, 60_000)).toMatchObject({ code: 0 });
    await session.shows(said("ALL-OVER"));
    expect(existsSync(join(place.work, "headless.txt"))).toBe(true);
  });
});

test("there is an agent to try", () => {
  expect(Object.keys(folders)).not.toEqual([]);
});
