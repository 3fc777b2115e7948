import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import type { Agent } from "../agents/agent.ts";
import type { AgentState } from "../agents/agent-driver.ts";
import { FollowedAgent } from "../agents/followed-agent.ts";
import type { HookEvent, ToolDecision } from "../agents/hook-event.ts";
import { writeLaunchFiles } from "../agents/launch.ts";
import { systemClock } from "../clock.ts";
import { HookServer } from "../hooks/hook-server.ts";
import type { Terminal } from "../terminals/terminal.ts";
import { Typist } from "../terminals/typing.ts";
import { testTerminals, tsxFlags } from "./test-terminals.ts";
import { waitFor } from "./wait.ts";

const hookMain = fileURLToPath(new URL("../hooks/main.ts", import.meta.url));
const hookCommand = [process.execPath, ...tsxFlags, hookMain];

export interface Start {
  /** The session's private folder. */
  folder: string;
  cwd: string;
  env: Record<string, string>;
  conversation?: string | undefined;
  task?: string;
  contextText: string;
  /** After how long a usage limit is over of which nobody says when it ends. */
  tryAgainMs?: number;
  decide(tool: string, input: unknown): ToolDecision;
}

/** One agent in a terminal of its own, started, followed and answered as the daemon does it. */
export class AgentSession {
  readonly id: string;
  readonly terminal: Terminal;
  readonly agent: FollowedAgent;
  readonly states: AgentState[] = [];
  readonly events: HookEvent[] = [];
  conversation: string | undefined;
  readonly #typist: Typist;

  private constructor(agent: Agent, terminal: Terminal, { tryAgainMs = 300_000 }: Start) {
    this.id = terminal.id;
    this.terminal = terminal;
    this.agent = new FollowedAgent(terminal, agent, {
      clock: systemClock,
      tryAgainMs,
      onChange: (state) => {
        this.states.push(state);
        this.#typist.proceed();
      },
      onConversation: (id) => {
        this.conversation = id;
      },
    });
    this.#typist = new Typist({
      input: (bytes) => terminal.input(bytes),
      status: () => this.agent.status,
      cursorLine: () => terminal.facts.cursor_line ?? "",
      clock: systemClock,
      isPasted: agent.isPasted,
    });
    terminal.listen({ onFacts: () => this.#typist.proceed(), onExit: () => this.#typist.end("it ended") });
  }

  static async start(agent: Agent, start: Start) {
    const launch = agent.launch?.({ ...start, hookCommand });
    if (!launch) throw new Error(`${agent.name} cannot be launched`);
    writeLaunchFiles(start.folder, launch.files);
    const terminals = testTerminals();
    const id = randomUUID();
    const early: HookEvent[] = [];
    let session: AgentSession | undefined;
    const hooks = new HookServer({
      stateDir: terminals.stateDir,
      listener: {
        onEvent: (_, event) => (session ? session.heard(event) : void early.push(event)),
        onAsking: () => () => {},
        contextOf: () => start.contextText,
      },
      gate: { decide: async (_session, _agent, { tool, input }) => start.decide(tool, input) },
      log: pino({ level: "silent" }),
    });
    await hooks.start();
    const env = { ...start.env, ...launch.env, ...hooks.envFor(id) };
    const terminal = await terminals.start("", { id, agent: agent.name, command: launch.command, cwd: start.cwd, env });
    const started = new AgentSession(agent, terminal, start);
    session = started;
    for (const event of early) started.heard(event);
    return Object.assign(started, {
      async [Symbol.asyncDispose]() {
        started.#typist[Symbol.dispose]();
        started.agent[Symbol.dispose]();
        await hooks.stop();
        await terminals[Symbol.asyncDispose]();
      },
    });
  }

  heard(event: HookEvent): void {
    this.events.push(event);
    this.agent.hook(event);
  }

  type(line: string): void {
    this.#typist.add({ text: line, urgent: false });
  }

  /** Answers what it waits for; the sentence that says why not when it did not take the answer. */
  answer(text: string): Promise<string | undefined> {
    return new Promise((resolve) => this.agent.answer(text, resolve));
  }

  async screen(): Promise<string> {
    return (await this.terminal.lines("screen")).join("\n");
  }

  /** Waits for something on the screen: hooks may tell of the end before it is drawn. */
  async shows(pattern: RegExp): Promise<void> {
    await waitFor(async () => pattern.test(await this.screen()), 60_000);
  }

  /** Waits for a state; fails with what was told and seen until then. */
  async until(status: AgentState["status"], limitMs = 120_000): Promise<AgentState> {
    for (const since = Date.now(); this.agent.status !== status; await sleep(20)) {
      if (Date.now() - since < limitMs) continue;
      const states = this.states.map(({ status: name, waiting }) => (waiting ? `${name} for ${waiting.for}` : name));
      const told = this.events.map((event) => ("status" in event ? event.status : event.kind));
      throw new Error(
        `not ${status} after ${limitMs} ms\nstates: ${states.join(", ")}\nhooks: ${told.join(", ")}\n${await this.screen()}`,
      );
    }
    return this.agent.state;
  }
}
