/**
 * The program that agents run as their hook: `<agent> <event>` in the arguments, the agent's JSON on stdin. It hands both
 * to the daemon and prints what that answers. Whatever goes wrong, a tool is refused.
 */
import { writeSync } from "node:fs";
import { askDaemon } from "./ask-daemon.ts";
import { DECISION_LIMIT_MS, HOOK_ENV } from "./hook-wire.ts";
import { refusal } from "./known-hooks.ts";

/** The daemon gives its answer before. */
const limitMs = DECISION_LIMIT_MS + 30_000;

const [agent = "", event = ""] = process.argv.slice(2);

function answer({ stdout, exitCode }: { stdout: string; exitCode: number }, complaint = ""): never {
  try {
    if (stdout !== "") writeSync(1, `${stdout}\n`);
    if (complaint !== "") writeSync(2, `${complaint}\n`);
  } catch {
    // An agent that does not listen is told by the exit code only.
    process.exit(exitCode === 0 ? 2 : exitCode);
  }
  process.exit(exitCode);
}

function refuse(error: unknown): never {
  const reason = `Orchestratia could not decide: ${error instanceof Error ? error.message : String(error)}`;
  answer(refusal(agent, event, reason), reason);
}

process.on("uncaughtException", refuse);
process.on("unhandledRejection", refuse);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => refuse(new Error("the hook was stopped")));
}

try {
  const reply = await askDaemon({
    socket: process.env[HOOK_ENV.socket],
    secret: process.env[HOOK_ENV.secret],
    agent,
    event,
    input: process.stdin,
    limitMs,
  });
  answer(reply);
} catch (error) {
  refuse(error);
}
