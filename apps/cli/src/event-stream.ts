import { type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "@orchestratia/client/backoff";
import { RefusedError } from "@orchestratia/client/http";
import type { Activity } from "@orchestratia/protocol/activity";

export interface EventStreamOptions {
  url: string;
  token: string;
  query: Readonly<Record<string, string>>;
  /** Facts behind this position; from now on without it. */
  after: number | undefined;
  signal: AbortSignal;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/**
 * The hub's facts as they happen, each once: a broken link is opened again where it broke. Ends with the signal. Throws
 * RefusedError when the hub says no.
 */
export async function* followEvents(options: EventStreamOptions): AsyncGenerator<Activity> {
  const { signal } = options;
  const backoff = new Backoff({ firstMs: FIRST_RETRY_MS, mostMs: LAST_RETRY_MS });
  let { after } = options;
  while (!signal.aborted) {
    try {
      for await (const fact of open({ ...options, after })) {
        backoff.reset();
        after = fact.position;
        yield fact;
      }
    } catch (error) {
      if (error instanceof RefusedError && error.status < 500 && error.status !== 429) throw error;
    }
    await sleep(backoff.next(), undefined, { signal }).catch(() => {});
  }
}

async function* open({ url, token, query, after, signal }: EventStreamOptions): AsyncGenerator<Activity> {
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
  if (answer.statusCode !== 200) {
    let text = "";
    for await (const chunk of answer) text += chunk;
    throw new RefusedError(answer.statusCode ?? 0, parsed(text));
  }
  let rest = "";
  for await (const chunk of answer) {
    const events = (rest + chunk).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = event
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield JSON.parse(data.join("\n")) as Activity;
    }
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
