#!/usr/bin/env node
// The demo's agent: a script in place of a model. Everything else about it is real: it sits in a terminal, is told by one
// typed line that there is work, and does it through the `orchestratia` CLI alone, as any agent would.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { orchestratia } from "./orchestratia.mjs";
import { bold, cyan, dim } from "./paint.mjs";
import { recentCommits } from "./repository.mjs";
import { workOnTasks } from "./work.mjs";

const help = `I do the three tasks of the demo when the hub tells me to, with "orchestratia task check".
  ${cyan("work")}     look for tasks now
  ${cyan("status")}   who I am to the hub
  ${cyan("log")}      what was committed here
  ${cyan("exit")}     end this session
Anything else I say back to you.
`;

const lines = [];
let working;

/** What readline shows; while the script works its output has the screen to itself. */
const screen = new Writable({
  write(chunk, _encoding, done) {
    if (!working) process.stdout.write(chunk);
    done();
  },
});
Object.defineProperty(screen, "columns", { get: () => process.stdout.columns ?? 80 });

const terminal = createInterface({
  input: process.stdin,
  output: screen,
  terminal: process.stdin.isTTY === true,
  prompt: "demo> ",
});

async function answer(line) {
  if (line.includes("orchestratia task check") || line === "work") return workOnTasks(working.signal);
  if (line === "status") return process.stdout.write(statusText(await orchestratia("status")));
  if (line === "log") return process.stdout.write(`${await recentCommits()}\n`);
  if (line === "exit" || line === "quit") return terminal.close();
  if (line === "help" || line === "?") return process.stdout.write(help);
  if (line !== "")
    process.stdout.write(`You said: ${line}\n${dim('I am a script. "help" lists what I understand.')}\n`);
}

const statusText = ({ session_name, server_name, project_name, task_summary }) =>
  `${session_name} on ${server_name}, project ${project_name}: ${task_summary.total} tasks, ${task_summary.running} running\n`;

async function answerAll() {
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    working = new AbortController();
    try {
      await answer(line.trim());
    } catch (error) {
      process.stdout.write(`${error.message}\n`);
    }
    working = undefined;
  }
  terminal.prompt(true);
}

terminal.on("line", (line) => {
  lines.push(line);
  if (working === undefined) void answerAll();
  // Somebody wants it to stop, such as after the task was cancelled.
  else if (line.startsWith("Urgent note")) working.abort();
});
terminal.on("SIGINT", () => {
  if (working) working.abort();
  else process.stdout.write(`\n${dim('Nothing runs. "exit" ends this session.')}\n`);
  if (!working) terminal.prompt();
});
terminal.on("close", () => {
  process.stdout.write("\nBye.\n");
  process.exit(0);
});

process.stdout.write(
  `${bold("Orchestratia demo agent")}\n${dim('A script that works as an agent would. "help" lists what it understands.')}\n`,
);
terminal.prompt();
