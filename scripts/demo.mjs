#!/usr/bin/env node
// `npm run demo`: lets the demo's pipeline run on the instance of this ORCHESTRATIA_HOME and PORT, and shows it.
// `npm run demo -- --json` prints what came of it as one JSON document, and nothing else.
import { parseArgs } from "node:util";
import { LiveTerminals } from "./demo/live-terminals.mjs";
import { Narrator } from "./demo/narrator.mjs";
import { News } from "./demo/news.mjs";
import { LocalHub, readLocalToken } from "./local-hub.mjs";
import { readSettings } from "./start/settings.mjs";

const limitMs = 60_000;
/** Facts come over the socket; this is for those that do not. */
const lookEveryMs = 1_000;
/** The last lines of a terminal may come a little after the task is done. */
const lastWordsMs = 1_500;

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const say = values.json ? () => {} : (text) => process.stdout.write(`${text}\n`);

/** Follows the run until it ended or takes too long; answers the tasks and how long that took. */
async function follow(hub, run, { url, token, startedAt }) {
  const narrator = new Narrator(say);
  const news = new News();
  const live = new LiveTerminals({
    url,
    token,
    projectId: run.project.id,
    onFact: () => news.tell(),
    onLine(sessionId, line) {
      narrator.hear(sessionId, line);
      if (!narrator.isMidSentence) news.tell();
    },
  });
  try {
    for (let { tasks, state } = run; ; { tasks, state } = await hub.get("/demo")) {
      narrator.look(tasks);
      const ms = Math.round(performance.now() - startedAt);
      if (state === "done" || state === "stopped" || ms > limitMs) {
        if (!values.json) await lastWords(narrator, news);
        return { ms, tasks };
      }
      for (const task of tasks) if (task.assigned_session_id) live.watch(task.assigned_session_id);
      await news.next(lookEveryMs);
    }
  } finally {
    live.close();
  }
}

async function lastWords(narrator, news) {
  const until = performance.now() + lastWordsMs;
  while (narrator.isMidSentence && performance.now() < until) await news.next(until - performance.now());
}

async function main() {
  const { home, localUrl: url } = readSettings(process.env, []);
  const token = readLocalToken(home);
  const hub = LocalHub.withToken(url, token);
  const startedAt = performance.now();
  const run = await hub.post("/demo/run");
  say(`Running the demo on ${url}\n`);
  const { ms, tasks } = await follow(hub, run, { url, token, startedAt });

  if (values.json) process.stdout.write(`${JSON.stringify({ ms, tasks: tasks.map(shown) }, null, 2)}\n`);
  const open = tasks.filter(({ status }) => status !== "done");
  if (open.length === 0) {
    say(`\nAll ${tasks.length} tasks are done, in ${(ms / 1000).toFixed(1)} s. See ${url}/tasks/${tasks[0].key}`);
    return 0;
  }
  process.stderr.write(ms > limitMs ? `\nThe run is not done after ${limitMs / 1000} s:\n` : "\nThe run stopped:\n");
  for (const task of open) process.stderr.write(`  ${task.key}  ${task.title}: ${task.status}${reason(task)}\n`);
  return 1;
}

const shown = ({ key, title, status, resolved_inputs, result }) => ({ key, title, status, resolved_inputs, result });

function reason({ status, result, status_reason, waiting_for }) {
  const why = (status === "failed" && result?.error) || status_reason || waiting_for;
  return why ? ` (${why})` : "";
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
