import { streamEvents } from "@orchestratia/protocol/operations/events";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Caller } from "../access/caller.ts";
import { callerKey } from "../access/caller-key.ts";
import { type Forgotten, type Found, isForgotten } from "../access/identities.ts";
import type { Database } from "../db/database.ts";
import type { Bus } from "../events/bus.ts";
import { serveStream } from "../http/serve.ts";
import { projectFor } from "../projects/access.ts";
import { EventStream } from "./event-stream.ts";
import { type VisibleFacts, visibleProjects } from "./visible-facts.ts";

export interface EventRouteParts {
  database: Database;
  bus: Bus;
  /** Whom the request stands for by now; undefined when its sign-in has ended. */
  stillIs: (request: FastifyRequest) => Promise<Found | undefined>;
  /** Says when a sign-in or token has ended, or its holder may do other things. */
  onForgotten: (listener: (forgotten: Forgotten) => void) => () => void;
  /** Milliseconds between two looks at what the reader may see, and at whether they still read. */
  beatMs?: number;
}

const BEAT_MS = 5_000;
/** A comment is sent each third beat, so that proxies and readers know that the line is good. */
const BEATS_PER_COMMENT = 3;
/** A reader who takes nothing for so many beats is let go; it comes back with Last-Event-ID. */
const MAX_STUCK_BEATS = 12;
const STREAMS_PER_CALLER = 50;

/** A reader who was let in. */
interface Reader {
  name: string;
  identity: Found;
  end(): void;
  /** Asks who the reader is and what they may see by now. */
  look(): Promise<void>;
}

/** What happens, as it happens, for people and their tools. */
export function eventRoutes(app: FastifyInstance, parts: EventRouteParts): void {
  const { database, bus, stillIs, beatMs = BEAT_MS } = parts;
  const { sql } = database;
  const readers = new Set<Reader>();
  const stopListening = parts.onForgotten((forgotten) => {
    for (const reader of readers) {
      // Without an answer the reader is let go, and comes back with Last-Event-ID.
      if (isForgotten(reader.identity, forgotten)) reader.look().catch(() => reader.end());
    }
  });
  app.addHook("preClose", async () => {
    stopListening();
    for (const reader of readers) reader.end();
  });

  serveStream(app, streamEvents, async ({ caller, query, request, open: openResponse }) => {
    const name = callerKey(caller);
    const { identity } = request;
    if (!identity) throw new Problem("unauthenticated");
    if ([...readers].filter((other) => other.name === name).length >= STREAMS_PER_CALLER) {
      throw new Problem("too_many_requests", `You have ${STREAMS_PER_CALLER} streams open.`, { retry_after: 10 });
    }
    const asked = query.event_type?.split(",").map((type) => type.trim());
    const types = asked === undefined ? null : asked;
    const see = async (who: Caller): Promise<VisibleFacts> => {
      if (query.project === undefined) return { projects: await visibleProjects(sql, who), types };
      return { projects: new Set([(await projectFor(database, who, query.project)).id]), types };
    };
    const facts = await see(caller);
    const after = lastEventId(request) ?? query.after;
    const sink = openResponse();
    sink.write("retry: 2000\n\n");
    const stream = new EventStream({ sql, bus, sink }, { facts, after });
    const reader: Reader = {
      name,
      identity,
      end() {
        stream.end();
        // It would wait for a reader who takes nothing.
        if (sink.writableNeedDrain) sink.destroy();
      },
      async look() {
        const now = await stillIs(request);
        if (!now) return this.end();
        this.identity = now;
        stream.see(await see(now.caller));
      },
    };
    readers.add(reader);
    let beats = 0;
    let stuck = 0;
    const beat = setInterval(() => {
      beats += 1;
      stuck = sink.writableNeedDrain ? stuck + 1 : 0;
      if (stuck > MAX_STUCK_BEATS) sink.destroy();
      else if (stuck === 0 && beats % BEATS_PER_COMMENT === 0) sink.write(":\n\n");
      reader.look().catch((error) => {
        // Whoever may not see the project any more; a database that is away for a moment changes nothing.
        if (error instanceof Problem) stream.end();
        else request.log.warn({ err: error }, "what a reader of events may see could not be checked");
      });
    }, beatMs);
    try {
      await stream.run();
    } catch (error) {
      request.log.error({ err: error }, "a stream of events broke off; its reader resumes");
    } finally {
      clearInterval(beat);
      readers.delete(reader);
      sink.end();
    }
  });
}

/** What a browser sends when it resumes. */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const id = headers["last-event-id"];
  return typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
