import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import type { Agent } from "./agent.ts";
import { AgentDriver, type AgentState } from "./agent-driver.ts";
import type { HookStatus } from "./agent-state.ts";
import { shell } from "./shell/shell.ts";

/** Time that passes when it is told to. */
class TestClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = until;
  }
}

const states: Record<string, HookStatus> = {
  "> ": { status: "idle" },
  busy: { status: "working" },
  "may I?": { status: "waiting", waiting: { for: "permission", text: "may I?" } },
  "which?": { status: "waiting", waiting: { for: "question", text: "which?", options: ["Postgres", "SQLite"] } },
};

const limited = (text: string, options?: string[]): HookStatus => ({
  status: "waiting",
  waiting: { for: "usage_limit", text, ...(options && { options }) },
});
states.limit = limited("limit", ["Keep trying", "Stop"]);

/** Its screen's last line says what it does. */
const agent: Agent = {
  name: "test",
  kind: "custom",
  command: ["test"],
  interruptKeys: ["\x03", "\x04"],
  screen: {
    read: (lines) => states[lines.at(-1) ?? ""],
    afterLimit: (options) => options.indexOf("Keep trying"),
    isLoading: (lines) => lines[0] === "loading",
    dialogs: [
      { name: "trust", shows: (lines) => lines.at(-1) === "trust?", keys: "t" },
      { name: "news", shows: (lines) => lines.at(-1) === "news", keys: "n" },
    ],
  },
  status: () => "unknown",
};

function followed({ isStarting = true, of = agent as Agent | undefined, tryAgainMs = 300_000 } = {}) {
  const clock = new TestClock();
  const pressed: string[] = [];
  const changes: AgentState[] = [];
  const conversations: string[] = [];
  const driver = new AgentDriver(of, {
    clock,
    isStarting,
    tryAgainMs,
    press: (keys) => pressed.push(keys),
    onChange: (state) => changes.push(state),
    onConversation: (id) => conversations.push(id),
  });
  return { clock, pressed, changes, conversations, driver, status: () => driver.state.status };
}

const told = (status: "working" | "idle") => ({ kind: "status", status }) as const;

test("what is only seen is believed when it holds, its first prompt longer", () => {
  const { clock, driver, status, changes } = followed();
  driver.screen(["> "]);
  clock.pass(500);
  driver.screen(["trust?"]);
  clock.pass(200);
  expect(status()).toBe("working");
  driver.screen(["> "]);
  clock.pass(1000);
  expect(status()).toBe("idle");
  driver.screen(["busy"]);
  clock.pass(40);
  driver.screen(["> "]);
  clock.pass(1000);
  expect(changes.map((state) => state.status)).toEqual(["working", "idle"]);
});

test("dialogs are passed on the way to the prompt, each time they appear, one after the other", () => {
  const { clock, driver, pressed } = followed();
  driver.screen(["trust?"]);
  driver.screen(["trust?"]);
  driver.screen(["news"]);
  driver.screen([""]);
  driver.screen(["news"]);
  clock.pass(100);
  expect(pressed).toEqual(["t", "n", "n"]);
});

test("a key that came too early is pressed again, and then a person must", () => {
  const { clock, driver, pressed, status } = followed();
  for (let looks = 0; looks < 100; looks += 1) {
    driver.screen(["trust?"]);
    clock.pass(300);
  }
  expect(pressed).toEqual(["t", "t", "t"]);
  expect(status()).not.toBe("working");
});

test("an agent that shows dialogs for ever is left to a person", () => {
  const { driver, pressed } = followed();
  for (let looks = 0; looks < 100; looks += 1) driver.screen([looks % 2 === 0 ? "trust?" : "news"]);
  expect(pressed).toHaveLength(12);
});

test("words of a dialog press no key once the agent was at its prompt, nor for an agent that was started long ago", () => {
  const started = followed();
  started.driver.screen(["> "]);
  started.clock.pass(1000);
  started.driver.screen(["trust?"]);
  expect(started.pressed).toEqual([]);

  const atWork = followed();
  atWork.driver.hook(told("working"));
  atWork.driver.screen(["trust?"]);
  expect(atWork.pressed).toEqual([]);

  const adopted = followed({ isStarting: false });
  adopted.driver.screen(["trust?"]);
  expect(adopted.pressed).toEqual([]);
});

test("hooks come before the screen, at once", () => {
  const { driver, status, clock } = followed();
  driver.screen(["> "]);
  driver.hook(told("working"));
  expect(status()).toBe("working");
  driver.screen(["busy"]);
  clock.pass(60_000);
  driver.hook(told("idle"));
  expect(status()).toBe("idle");
});

test("an interrupt tells no hook: the prompt that comes back on the screen is believed after a while", () => {
  const { driver, status, clock } = followed();
  driver.hook(told("working"));
  driver.screen(["busy"]);
  driver.screen(["> "]);
  clock.pass(1400);
  expect(status()).toBe("working");
  clock.pass(200);
  expect(status()).toBe("idle");
});

test("a busy machine draws late: a prompt is not believed while the screen has shown nothing of the work told", () => {
  const { driver, status, clock } = followed();
  driver.screen(["> "]);
  driver.hook(told("working"));
  driver.screen(["> "]);
  clock.pass(10_000);
  expect(status()).toBe("working");
  clock.pass(6000);
  expect(status()).toBe("idle");
});

test("a question on the screen that no hook told of is seen, and its end too", () => {
  const { driver, clock } = followed();
  driver.hook(told("working"));
  driver.screen(["busy"]);
  driver.screen(["may I?"]);
  clock.pass(2000);
  expect(driver.state).toEqual({ status: "waiting", waiting: { for: "permission", text: "may I?" } });
  driver.screen(["busy"]);
  clock.pass(2000);
  expect(driver.state).toEqual({ status: "working" });
});

test("at its usage limit it stands at its prompt and waits all the same, until it works again", () => {
  const { driver, clock } = followed();
  const waiting = { for: "usage_limit", text: "resets 3pm", resets_at: "9999-11-21T15:00:00.000Z" } as const;
  driver.hook({ kind: "status", status: "waiting", waiting });
  driver.screen(["> "]);
  clock.pass(60_000);
  expect(driver.state).toEqual({ status: "waiting", waiting });
  driver.screen(["busy"]);
  clock.pass(2000);
  expect(driver.state).toEqual({ status: "working" });
});

test("what a hook tells that it waits for is told with the options that its screen shows a moment later", () => {
  const { driver, clock, changes } = followed();
  driver.hook(told("working"));
  const waiting = { for: "permission", text: "AskUserQuestion {}" } as const;
  driver.hook({ kind: "status", status: "waiting", waiting });
  clock.pass(500);
  driver.screen(["which?"]);
  clock.pass(200);
  driver.hook({ kind: "status", status: "waiting", waiting });
  clock.pass(5000);
  expect(changes.slice(1)).toEqual([states["which?"]]);

  const blind = followed();
  blind.driver.hook({ kind: "status", status: "waiting", waiting });
  blind.clock.pass(1000);
  expect(blind.driver.state).toEqual({ status: "waiting", waiting });
});

test("an answer chooses the option that is meant, and is done when the question has gone", () => {
  const { driver, clock, pressed } = followed();
  const failures: (string | undefined)[] = [];
  const answer = (text: string) => driver.answer(text, (failure) => failures.push(failure));
  answer("sqlite");
  driver.screen(["which?"]);
  answer("Oracle");
  expect(failures).toEqual(["the agent does not wait for an answer", "the agent takes one of: Postgres · SQLite"]);
  expect(pressed).toEqual([]);

  answer("sqlite");
  expect(pressed).toEqual(["2"]);
  clock.pass(1000);
  expect(failures).toHaveLength(2);
  driver.screen(["busy"]);
  clock.pass(500);
  expect(failures[2]).toBeUndefined();
  expect(failures).toHaveLength(3);
});

test("an answer that changes nothing has failed; words are typed where nothing is offered", () => {
  const { driver, clock, pressed } = followed();
  const failures: (string | undefined)[] = [];
  driver.screen(["may I?"]);
  driver.answer("yes,\nplease", (failure) => failures.push(failure));
  clock.pass(300);
  expect(pressed).toEqual(["yes, please", "\r"]);
  clock.pass(10_000);
  expect(failures).toEqual(["the agent did not take the answer"]);
});

test("its first prompt is not believed as long as it loads, but for a while only", () => {
  for (const stays of [false, true]) {
    const { clock, driver, status } = followed();
    driver.screen(["loading", "> "]);
    clock.pass(10_000);
    expect(status()).toBe("unknown");
    driver.screen([stays ? "loading" : "hello", "> "]);
    clock.pass(999);
    expect(status()).toBe("unknown");
    clock.pass(stays ? 4001 : 1);
    expect(status()).toBe("idle");
  }
});

test("a usage limit that has passed makes it wait no more", () => {
  const { driver, clock } = followed();
  const waiting = (ms: number) => {
    const resets_at = new Date(Date.now() + ms).toISOString();
    return { kind: "status", status: "waiting", waiting: { for: "usage_limit", text: "limit", resets_at } } as const;
  };
  driver.hook(waiting(-1));
  driver.screen(["> "]);
  clock.pass(2000);
  expect(driver.state).toEqual({ status: "idle" });
  driver.hook(waiting(3_600_000));
  clock.pass(2000);
  expect(driver.state.status).toBe("waiting");
});

test("the dialog of a usage limit is answered when the limit is over, not before, and until then it waits", () => {
  const { driver, clock, pressed } = followed({ isStarting: false });
  driver.screen(["limit"]);
  clock.pass(2000);
  expect(driver.state).toEqual({ status: "waiting", waiting: { for: "usage_limit", text: "limit" } });
  expect(pressed).toEqual([]);
  const over = followed({ isStarting: false, tryAgainMs: 0 });
  over.driver.screen(["limit"]);
  over.clock.pass(2000);
  expect(over.pressed).toEqual(["1"]);
  expect(over.status()).toBe("waiting");
  over.driver.screen(["busy"]);
  over.clock.pass(2000);
  expect(over.status()).toBe("working");
});

test("an agent that says again that it is at its prompt is at its limit all the same; one that tries again goes on", () => {
  const { driver, clock, status } = followed();
  const limit = (more: object) =>
    ({ kind: "status", status: "waiting", waiting: { for: "usage_limit", text: "limit", ...more } }) as const;
  driver.hook(limit({}));
  clock.pass(2000);
  driver.hook(told("idle"));
  clock.pass(2000);
  expect(status()).toBe("waiting");
  driver.hook(told("working"));
  driver.hook(told("idle"));
  clock.pass(2000);
  expect(status()).toBe("idle");

  const resets_at = new Date(Date.now() + 3_600_000).toISOString();
  driver.hook(limit({ resets_at, goesOn: true }));
  clock.pass(2000);
  expect(driver.state).toEqual({ status: "waiting", waiting: { for: "usage_limit", text: "limit", resets_at } });
  driver.hook(limit({ resets_at: new Date(Date.now() - 1).toISOString(), goesOn: true }));
  clock.pass(2000);
  expect(status()).toBe("working");
});

test("while people decide about a tool it waits for them, whatever its screen shows", () => {
  const { driver, clock, changes } = followed();
  driver.hook(told("working"));
  driver.screen(["busy"]);
  const first = driver.decide("rm -r build");
  const second = driver.decide("git push");
  clock.pass(60_000);
  expect(driver.state).toEqual({ status: "waiting", waiting: { for: "permission", text: "rm -r build" } });
  first();
  first();
  expect(driver.state.waiting?.text).toBe("git push");
  second();
  expect(driver.state).toEqual({ status: "working" });
  expect(changes.map((state) => state.status)).toEqual(["working", "waiting", "waiting", "working"]);
});

test("its end comes before everything", () => {
  const { driver, clock, changes } = followed();
  driver.decide("rm -r build");
  driver.exited();
  driver.hook(told("working"));
  driver.screen(["> "]);
  clock.pass(60_000);
  expect(driver.state).toEqual({ status: "exited" });
  expect(changes.at(-1)).toEqual({ status: "exited" });
});

test("its keys for an interrupt come one after the other", () => {
  const { driver, clock, pressed } = followed();
  driver.interrupt();
  expect(pressed).toEqual(["\x03"]);
  clock.pass(300);
  expect(pressed).toEqual(["\x03", "\x04"]);
});

test("at the prompt no further key of an interrupt is pressed, be the prompt told or seen", () => {
  const { driver, clock, pressed } = followed();
  driver.hook(told("working"));
  driver.screen(["busy"]);
  driver.interrupt();
  driver.hook(told("idle"));
  clock.pass(300);
  expect(pressed).toEqual(["\x03"]);
  driver.hook(told("working"));
  driver.screen(["busy"]);
  driver.interrupt();
  driver.screen(["> "]);
  clock.pass(300);
  expect(pressed).toEqual(["\x03", "\x03"]);
});

test("a prompt that is left from before the work keeps no key of an interrupt back", () => {
  const { driver, clock, pressed } = followed();
  driver.screen(["> "]);
  driver.hook(told("working"));
  driver.interrupt();
  clock.pass(300);
  expect(pressed).toEqual(["\x03", "\x04"]);
});

test("without hooks and a screen that can be read, the process is asked", () => {
  const { driver, status, clock } = followed({ of: shell });
  driver.facts({ prompt_line: "$ ", foreground: true });
  clock.pass(1000);
  expect(status()).toBe("idle");
  driver.facts({ prompt_line: "", foreground: false });
  clock.pass(100);
  expect(status()).toBe("working");
});

test("its conversation is told", () => {
  const { driver, conversations, status } = followed();
  driver.hook({ kind: "conversation", id: "abc" });
  expect(conversations).toEqual(["abc"]);
  expect(status()).toBe("unknown");
});
