import { setTimeout as sleep } from "node:timers/promises";

let made = 0;
const newId = (kind) => {
  made += 1;
  return `${kind}_fake${String(made).padStart(6, "0")}`;
};
const pieces = (text, length = 12) => text.match(new RegExp(`[\\s\\S]{1,${length}}`, "g")) ?? [""];

/** Server-sent events; `write` may be given what the API puts before the data. */
function eventStream(response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  return (data, before = "") => response.write(`${before}data: ${JSON.stringify(data)}\n\n`);
}

export function answerJson(response, value, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** Anthropic's Messages. */
async function anthropic({ body, turn, response }) {
  const blocks = turn.say ? [{ type: "text", text: turn.say }] : [];
  if (turn.tool) blocks.push({ type: "tool_use", id: newId("toolu"), name: turn.tool.name, input: turn.tool.input });
  else blocks.push({ type: "text", text: turn.text });
  const stop = { stop_reason: turn.tool ? "tool_use" : "end_turn", stop_sequence: null };
  const message = {
    ...{ id: newId("msg"), type: "message", role: "assistant", model: body.model, content: [] },
    ...{ stop_reason: null, stop_sequence: null },
    usage: { input_tokens: 11, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
  const usage = { ...message.usage, output_tokens: 7 };
  if (!body.stream) return answerJson(response, { ...message, content: blocks, ...stop, usage });

  const write = eventStream(response);
  const event = (type, more = {}) => write({ type, ...more }, `event: ${type}\n`);
  event("message_start", { message });
  for (const [index, block] of blocks.entries()) {
    const isText = block.type === "text";
    const content_block = isText ? { type: "text", text: "" } : { ...block, input: {} };
    event("content_block_start", { index, content_block });
    for (const piece of pieces(isText ? block.text : JSON.stringify(block.input))) {
      if (turn.slow) await sleep(turn.slow);
      const delta = isText ? { type: "text_delta", text: piece } : { type: "input_json_delta", partial_json: piece };
      event("content_block_delta", { index, delta });
    }
    event("content_block_stop", { index });
  }
  event("message_delta", { delta: stop, usage: { output_tokens: 7 } });
  event("message_stop");
  response.end();
}

function responsesItems({ text, say, tool }) {
  const items = [];
  if (say || !tool) {
    const content = [{ type: "output_text", text: tool ? say : text, annotations: [] }];
    items.push({ type: "message", id: newId("msg"), role: "assistant", status: "completed", content });
  }
  if (!tool) return items;
  const call = { call_id: newId("call"), name: tool.name, status: "completed" };
  if (tool.isCustom)
    items.push({ type: "custom_tool_call", id: newId("ctc"), ...call, input: Object.values(tool.input)[0] });
  else {
    const namespace = tool.namespace ? { namespace: tool.namespace } : {};
    items.push({
      type: "function_call",
      id: newId("fc"),
      ...call,
      ...namespace,
      arguments: JSON.stringify(tool.input),
    });
  }
  return items;
}

/** OpenAI's Responses. */
async function responses({ body, turn, response }) {
  const output = responsesItems(turn);
  const head = { id: newId("resp"), object: "response", created_at: Math.floor(Date.now() / 1000), model: body.model };
  const usage = {
    ...{ input_tokens: 11, input_tokens_details: { cached_tokens: 0 } },
    ...{ output_tokens: 7, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 18 },
  };
  const finished = { ...head, status: "completed", output, usage };
  if (!body.stream) return answerJson(response, finished);

  const write = eventStream(response);
  let sequence_number = 0;
  const event = (type, more) => {
    write({ type, sequence_number, ...more }, `event: ${type}\n`);
    sequence_number += 1;
  };
  event("response.created", { response: { ...head, status: "in_progress", output: [], usage: null } });
  for (const [output_index, item] of output.entries()) {
    const begun = { ...item, status: "in_progress", ...(item.content ? { content: [] } : {}) };
    event("response.output_item.added", { output_index, item: begun });
    const at = { item_id: item.id, output_index };
    if (item.content) {
      const [part] = item.content;
      event("response.content_part.added", { ...at, content_index: 0, part: { ...part, text: "" } });
      for (const delta of pieces(part.text)) {
        if (turn.slow) await sleep(turn.slow);
        event("response.output_text.delta", { ...at, content_index: 0, delta });
      }
      event("response.output_text.done", { ...at, content_index: 0, text: part.text });
      event("response.content_part.done", { ...at, content_index: 0, part });
    } else if (item.arguments) {
      event("response.function_call_arguments.delta", { ...at, delta: item.arguments });
      event("response.function_call_arguments.done", { ...at, arguments: item.arguments });
    }
    event("response.output_item.done", { output_index, item });
  }
  event("response.completed", { response: finished });
  response.end();
}

/** OpenAI's chat completions. */
async function chat({ body, turn, response }) {
  const head = { id: newId("chatcmpl"), created: Math.floor(Date.now() / 1000), model: body.model };
  const tool_calls = turn.tool && [
    {
      ...{ index: 0, id: newId("call"), type: "function" },
      function: { name: turn.tool.name, arguments: JSON.stringify(turn.tool.input) },
    },
  ];
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
  const finish_reason = tool_calls ? "tool_calls" : "stop";
  const content = turn.tool ? turn.say : turn.text;
  if (!body.stream) {
    const message = { role: "assistant", content: content || null, ...(tool_calls ? { tool_calls } : {}) };
    const choices = [{ index: 0, message, finish_reason }];
    return answerJson(response, { ...head, object: "chat.completion", choices, usage });
  }
  const write = eventStream(response);
  const chunk = (delta, reason = null) => {
    const choices = [{ index: 0, delta, finish_reason: reason }];
    write({ ...head, object: "chat.completion.chunk", choices });
  };
  chunk({ role: "assistant", content: "" });
  for (const piece of content ? pieces(content) : []) {
    if (turn.slow) await sleep(turn.slow);
    chunk({ content: piece });
  }
  if (tool_calls) chunk({ tool_calls });
  chunk({}, finish_reason);
  write({ ...head, object: "chat.completion.chunk", choices: [], usage });
  response.end("data: [DONE]\n\n");
}

/** Gemini's (stream)GenerateContent. */
async function gemini({ path, turn, response }) {
  const parts = turn.say || !turn.tool ? pieces(turn.tool ? turn.say : turn.text, 40).map((text) => ({ text })) : [];
  if (turn.tool) parts.push({ functionCall: { name: turn.tool.name, args: turn.tool.input } });
  const usageMetadata = { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 };
  const candidate = (some, finish) => ({
    candidates: [{ index: 0, content: { role: "model", parts: some }, ...(finish ? { finishReason: finish } : {}) }],
    ...{ usageMetadata, modelVersion: "fake" },
  });
  if (!/:stream/.test(path)) return answerJson(response, candidate(parts, "STOP"));
  const write = eventStream(response);
  for (const [index, part] of parts.entries()) {
    if (turn.slow) await sleep(turn.slow);
    write(candidate([part], index === parts.length - 1 ? "STOP" : undefined));
  }
  response.end();
}

export const answerAs = { anthropic, responses, chat, gemini };
