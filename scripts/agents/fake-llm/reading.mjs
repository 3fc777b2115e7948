/** What a request says, the same for every API: `{ kind, tools, prompts, results, first, last }`. */
export function readRequest(path, body) {
  const dialect = dialects.find(({ matches }) => matches.test(path));
  if (!dialect) return undefined;
  const tools = dialect.tools(body);
  return { kind: dialect.kind, tools, ...scan(dialect.items(body)) };
}

/** What agents put around a prompt. */
const notThePrompt =
  /<(system-reminder|environment_context|user_instructions|permissions instructions|INSTRUCTIONS|session_context|hook_context)>[\s\S]*?<\/\1>/g;
const strip = (text) => String(text).replace(notThePrompt, "");

function flat(content) {
  if (typeof content === "string") return content;
  if (Array.isArray(content))
    return content.map((part) => part.text ?? part.output ?? (part.content ? flat(part.content) : "")).join("\n");
  return content == null ? "" : JSON.stringify(content);
}

/** The last prompt of a person, how many tools have answered since, and what the first and the last of them answered. */
function scan(items) {
  const prompts = [];
  let results = 0;
  let first;
  let last;
  for (const item of items) {
    if (item.result !== undefined) {
      if (results === 0) first = item.result;
      results += 1;
      last = item.result;
      continue;
    }
    const text = strip(item.text ?? "");
    if (!text.trim() || (item.isBesideResult && /@@\w/.test(prompts.at(-1) ?? ""))) continue;
    prompts.push(text);
    results = 0;
    first = undefined;
    last = undefined;
  }
  return { prompts, prompt: prompts.at(-1) ?? "", results, first, last };
}

function anthropicItems(message) {
  if (message.role !== "user") return [];
  if (typeof message.content === "string") return [{ text: message.content }];
  const results = message.content
    .filter(({ type }) => type === "tool_result")
    .map(({ content }) => ({ result: flat(content) }));
  const text = message.content
    .filter(({ type }) => type === "text")
    .map(({ text }) => strip(text))
    .join("\n");
  return [...(text.trim() ? [{ text, isBesideResult: results.length > 0 }] : []), ...results];
}

function geminiItems(part) {
  if (part.functionResponse) {
    const { response } = part.functionResponse;
    return [{ result: flat(response?.output ?? response) }];
  }
  return part.text ? [{ text: part.text }] : [];
}

const dialects = [
  {
    kind: "anthropic",
    matches: /\/messages$/,
    tools: ({ tools = [] }) => tools.map(({ name }) => ({ name })),
    items: ({ messages = [] }) => messages.flatMap(anthropicItems),
  },
  {
    kind: "responses",
    matches: /\/responses$/,
    tools: ({ tools = [] }) =>
      tools.flatMap(({ type, name, tools: inside = [] }) =>
        type === "namespace"
          ? inside.map((tool) => ({ name: tool.name, namespace: name }))
          : { name: name ?? type, isCustom: type === "custom" },
      ),
    items: ({ input = [] }) =>
      (typeof input === "string" ? [{ role: "user", content: input }] : input).flatMap(
        ({ type, role, output, content }) => {
          if (/_call_output$/.test(type)) return [{ result: flat(output) }];
          return role === "user" ? [{ text: flat(content) }] : [];
        },
      ),
  },
  {
    kind: "chat",
    matches: /\/chat\/completions$/,
    tools: ({ tools = [] }) => tools.map((tool) => ({ name: tool.function?.name })),
    items: ({ messages = [] }) =>
      messages.flatMap(({ role, content }) => {
        if (role === "tool") return [{ result: flat(content) }];
        return role === "user" ? [{ text: flat(content) }] : [];
      }),
  },
  {
    kind: "gemini",
    matches: /:(stream)?generateContent$/i,
    tools: ({ tools = [] }) =>
      tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => ({ name }))),
    items: ({ contents = [] }) =>
      contents.flatMap(({ role, parts = [] }) => (role === "model" ? [] : parts.flatMap(geminiItems))),
  },
];
