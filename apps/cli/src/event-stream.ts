import { type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "@orchestratia/client/backoff";
import { RefusedError, UnreachableError } from "@orchestratia/client/http";
import type { Activity } from "@orchestratia/protocol/activity";

export interface EventStreamOptions {
  url: string;
  token: string;
  query: Readonly<Record<string, string>>;
  /** Facts behind this position; from now on without it. */
  after: number | undefined;
  signal: AbortSignal;
  /** Told once for each break that the link is gone and will be opened again. */
  onBroken: () => void;
}

/** One server-sent event; the hub names a fact's after its kind. */
interface ServerSentEvent {
  readonly name: string;
  readonly data: string;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/**
 * The hub's facts as they happen, each once: a broken link is opened again where it broke. Ends with the signal. Throws
 * RefusedError when the hub says no, and UnreachableError when it did not answer at the start.
 */
export async function* followEvents(options: EventStreamOptions): AsyncGenerator<Activity> {
  const { url, signal, onBroken } = options;
  const backoff = new Backoff({ firstMs: FIRST_RETRY_MS, mostMs: LAST_RETRY_MS });
  let { after } = options;
  let wasOpen = false;
  let broken = false;
  while (!signal.aborted) {
    try {
      const answer = await open({ ...options, after });
      wasOpen = true;
      for await (const { name, data } of eventsOf(answer)) {
        backoff.reset();
        broken = false;
        const fact = JSON.parse(data) as Activity;
        after = fact.position;
        // `caught_up` is no fact: it only says where the stream stands, so that a break before the next fact loses none.
        if (name !== "caught_up") yield fact;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RefusedError && (!wasOpen || !passes(error))) throw error;
      if (!wasOpen) throw new UnreachableError(`The hub at ${url} does not answer.`, { cause: error });
    }
    if (signal.aborted) return;
    if (!broken) onBroken();
    broken = true;
    await sleep(backoff.next(), undefined, { signal }).catch(() => {});
  }
}

/** Whether asking again may help. */
const passes = ({ status }: RefusedError): boolean => status >= 500 || status === 429;

async function open({ url, token, query, after, signal }: EventStreamOptions): Promise<IncomingMessage> {
  const address = new URL(`${url}/api/v1/events?${new URLSearchParams(query)}`);
  const opening = address.protocol === "https:" ? (await import("node:https")).request : request;
  const headers = {
    accept: "text/event-stream",
    authorization: `Bearer ${token}`,
    ...(after === undefined ? {} : { "last-event-id": String(after) }),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    opening(address, { headers, signal }, resolve).on("error", reject).end();
  });
  answer.setEncoding("utf8");
  if (answer.statusCode === 200) return answer;
  let text = "";
  for await (const chunk of answer) text += chunk;
  throw new RefusedError(answer.statusCode ?? 0, parsed(text));
}

async function* eventsOf(answer: IncomingMessage): AsyncGenerator<ServerSentEvent> {
  let rest = "";
  for await (const chunk of answer) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = valuesOf(block, "data");
      if (data.length > 0) yield { name: valuesOf(block, "event").at(-1) ?? "message", data: data.join("\n") };
    }
  }
}

const valuesOf = (block: string, field: string): string[] =>
  block
    .split("\n")
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).trimStart());

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
