import { setTimeout as pause } from "node:timers/promises";
import { orchestratia } from "./orchestratia.mjs";
import { bold, dim, green, red } from "./paint.mjs";
import { buildClient } from "./steps/build-client.mjs";
import { designApi } from "./steps/design-api.mjs";
import { writeDocs } from "./steps/write-docs.mjs";

/** What the script knows how to do, by the task's label. */
const steps = { design: designApi, client: buildClient, docs: writeDocs };

const workable = new Set(["assigned", "planning", "running"]);

/** Between two lines, so that a person can follow. */
const lineMs = 70;

/** Works on whatever waits for this session, one after the other; `signal` stops it between two lines. */
export async function workOnTasks(signal) {
  const { tasks } = await orchestratia("task", "check");
  const startable = tasks.filter(({ status, blocked }) => workable.has(status) && !blocked);
  if (startable.length === 0) print("Nothing to do right now.");
  for (const task of startable) if (!signal.aborted) await work(task, signal);
}

async function work(given, signal) {
  const { key, title, spec } = given;
  const say = async (line) => {
    print(line);
    await pause(lineMs, undefined, { signal });
  };
  try {
    await say(`\n${bold(`${key} ${title}`)}`);
    for (const line of spec.trim().split("\n")) await say(dim(`  ${line}`));
    const task = await orchestratia("task", "start", key);
    if (task.status === "planning") {
      await orchestratia("task", "plan", key, "--plan", `1. Do what the spec says. 2. Check it. 3. Commit.`);
      await say("The plan is on its way to a person; I go on when it is approved.");
      return;
    }
    const step = steps[task.labels.find((label) => label in steps)];
    if (!step)
      throw new Error(`I am a script and know only tasks with one of the labels ${Object.keys(steps).join(", ")}`);
    const outcome = await step({ task, say });
    await orchestratia("task", "note", key, "--content", outcome.summary);
    const result = { $schema: "orchestratia/task-result/v1", ...outcome };
    const settled = await orchestratia("task", "complete", key, "--result", JSON.stringify(result));
    print(`${green("✓")} ${key} is ${settled.status}`);
  } catch (error) {
    await giveUp(key, error);
  }
}

/** The task must not wait for somebody who has given up. */
async function giveUp(key, error) {
  const reason = error.name === "AbortError" ? "Interrupted at the terminal" : error.message;
  print(`${red("✗")} ${reason}`);
  try {
    const { status } = await orchestratia("task", "fail", key, "--error", reason);
    print(`${red("✗")} ${key} is ${status}`);
  } catch (refusal) {
    print(`${red("✗")} ${refusal.message}`);
  }
}

const print = (line) => process.stdout.write(`${line}\n`);
