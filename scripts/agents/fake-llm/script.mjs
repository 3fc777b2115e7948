/**
 * The prompt is the script of what the "model" does. Directives, one per line or separated by " ;; ", are carried out in
 * order, one tool per turn of the model:
 *
 *   @@sh CMD             calls the agent's shell tool, whatever its name is
 *   @@tool NAME {json}   calls any tool that is offered; NAME may be the end of its name
 *   @@say TEXT           a text in the same turn as the next tool call
 *   @@sleep MS           before this turn's answer; @@slow MS: between the pieces of its stream
 *   @@error STATUS       one HTTP error, then it goes on
 *   @@errors STATUS [S]  an error every time; with S for so many seconds from the first on, which a 429 says
 *   @@end TEXT           the last answer. Without it: "FAKE-DONE <what the last tool answered>"
 *
 * The line with which the hub tells of a task has no directives: the model then runs the command that it names with its shell
 * tool, and the answer, which holds the task's spec, is the script from there on.
 *
 * A prompt without directives is answered "FAKE-ECHO <prompt>". Nothing is remembered between requests (but `@@error`):
 * the turn is the number of tool results since the prompt, so any number of agents may ask at once.
 */
const shellTools = [
  [/^(Bash|bash|run_shell_command)$/, (command) => ({ command, description: "fake" })],
  [/^shell_command$/, (command) => ({ command })],
  [/^exec_command$/, (cmd) => ({ cmd })],
  [/^(shell|container\.exec)$/, (command) => ({ command: ["bash", "-lc", command] })],
  [/execute_command|terminal|run_command/i, (command) => ({ command })],
];

const failedOnce = new Set();
/** Script → when its errors end: what is around the script may change until then. */
const errorEnds = new Map();

const taskLine =
  /(?:A task is waiting for you|Your task was changed|The usage limit is over): run "(orchestratia task check)"/;

/** What the model does in this turn: `{ text }` or `{ tool: { name, input } }`, with `say`, `slow`, `wait`; or `{ error }`. */
export function decide({ prompt: given, results, first, last, tools, isLifted = false }) {
  if (tools.length === 0)
    return { text: /title/i.test(given) ? "Fake title" : `FAKE-ECHO ${given.trim().slice(-200)}` };
  const [, check] = taskLine.exec(given) ?? [];
  if (check && results === 0) return call({ say: "", slow: 0, wait: 0 }, "sh", check, tools);
  if (check) return follow({ script: scriptOf(first), results: results - 1, last, tools, isLifted });
  return follow({ script: unquoted(given), results, last, tools, isLifted });
}

function follow({ script, results, last, tools, isLifted }) {
  const prompt = script.replace(/\s*;;\s*(?=@@)/g, "\n");
  const directives = [...prompt.matchAll(/^[ \t>❯"']*@@(\w+)[ \t]*(.*)$/gm)].map(([, name, rest]) => [
    name,
    rest.trim(),
  ]);
  if (directives.length === 0) return { text: `FAKE-ECHO ${prompt.trim().slice(0, 400)}` };

  const turn = { say: "", slow: 0, wait: 0 };
  let end;
  let toolsBefore = 0;
  for (const [at, [name, rest]] of directives.entries()) {
    const isNow = toolsBefore === results;
    if (name === "end") end = rest;
    else if (name === "sh" || name === "tool") {
      if (isNow) return call(turn, name, rest, tools);
      toolsBefore += 1;
    } else if (!isNow) continue;
    else if (name === "say") turn.say = rest;
    else if (name === "slow") turn.slow = Number(rest);
    else if (name === "sleep") turn.wait = Number(rest);
    else if (name === "errors") {
      if (isLifted) continue;
      const [status, seconds] = rest.split(/\s+/).map(Number);
      if (seconds === undefined) return { error: status };
      const key = JSON.stringify(directives);
      if (!errorEnds.has(key)) errorEnds.set(key, Date.now() + seconds * 1000);
      const until = errorEnds.get(key);
      if (Date.now() < until) return { error: status, until };
    } else if (name === "error") {
      const key = `${at} ${results} ${prompt}`;
      if (failedOnce.has(key)) continue;
      failedOnce.add(key);
      return { error: Number(rest) };
    }
  }
  return {
    ...turn,
    text:
      end ??
      `FAKE-DONE ${String(last ?? "")
        .trim()
        .slice(0, 400)}`,
  };
}

/** The spec's directives out of what `orchestratia task check` printed, of which an agent may show a screen or JSON around it. */
const scriptOf = (answer) => String(answer).replaceAll(/\s+(?=@@\w)/g, "\n");

/** `opencode run` puts quotes around its argument. */
function unquoted(prompt) {
  if (!/^\s*"[\s\S]*"\s*$/.test(prompt)) return prompt;
  try {
    return String(JSON.parse(prompt.trim()));
  } catch {
    return prompt;
  }
}

function call(turn, directive, rest, tools) {
  if (directive === "sh") {
    for (const [pattern, input] of shellTools) {
      const name = tools.find((tool) => pattern.test(tool));
      if (name) return { ...turn, tool: { name, input: input(rest) } };
    }
    return { text: `FAKE-NO-SHELL-TOOL among ${tools.join(",")}` };
  }
  const [, wanted, json = "{}"] = /^(\S+)\s*(\{.*\})?$/s.exec(rest) ?? [];
  const name = tools.find((tool) => tool === wanted) ?? tools.find((tool) => tool.endsWith(wanted));
  if (!name) return { text: `FAKE-NO-TOOL ${wanted} among ${tools.join(",")}` };
  try {
    return { ...turn, tool: { name, input: JSON.parse(json) } };
  } catch (error) {
    return { text: `FAKE-BAD-JSON ${error.message}` };
  }
}
