import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answerError } from "./errors.mjs";
import { readRequest } from "./reading.mjs";
import { decide } from "./script.mjs";
import { answerAs, answerJson } from "./writing.mjs";

const fakeModel = {
  id: "fake-model",
  object: "model",
  type: "model",
  display_name: "Fake",
  created: 1,
  owned_by: "fake",
};

/**
 * A model endpoint on this machine that stands in for Anthropic's Messages, OpenAI's Responses and chat completions, and
 * Gemini's generateContent. What it answers is written in the prompt: see script.mjs.
 */
export async function startFakeLlm(port = 0) {
  const requests = [];
  const others = [];
  const state = { isLifted: false };
  const server = createServer((request, response) => {
    answer(request, response, { requests, others, state }).catch((error) => {
      // The agent hung up, as it does when it is interrupted.
      if (!response.destroyed) console.error(error);
      response.destroy();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** What was asked so far: `{ kind, prompts, prompt, results, last, tools, turn, text }` each. */
    requests,
    /** The paths of everything else that was asked. */
    others,
    /** What `@@errors` says holds no longer. */
    lift() {
      state.isLifted = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(request, response, { requests, others, state }) {
  const path = new URL(request.url, "http://fake").pathname;
  const body = await readBody(request);
  const asked = readRequest(path, body);
  if (!asked) {
    others.push(path);
    return answerOther(path, response);
  }

  const turn = decide({ ...asked, ...state, tools: asked.tools.map(({ name }) => name) });
  requests.push({ ...asked, turn, text: JSON.stringify(body) });
  if (turn.tool) turn.tool = { ...asked.tools.find(({ name }) => name === turn.tool.name), ...turn.tool };
  if (turn.wait) await sleep(turn.wait);
  if (turn.error) return answerError(asked.kind, turn, response);
  await answerAs[asked.kind]({ path, body, turn, response });
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || "{}");
  } catch {
    return {};
  }
}

function answerOther(path, response) {
  if (/count_?tokens$/i.test(path)) return answerJson(response, { input_tokens: 11, totalTokens: 11 });
  if (/\/models$/.test(path)) return answerJson(response, { object: "list", data: [fakeModel], models: [] });
  if (/embedContent/.test(path)) return answerJson(response, { embedding: { values: [0, 1] } });
  return answerJson(response, { error: { message: `fake: no such endpoint ${path}` } }, 404);
}
