import type { Activity } from "@orchestratia/protocol/activity";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import type { Paint } from "../output.ts";
import * as operations from "../people-operations.ts";
import { printable } from "../printable.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

interface Options extends ProjectOption {
  follow?: true;
  after?: string;
  type?: string;
  limit?: string;
}

export const events: CommandModule = {
  examples: ["orchestratia events --limit 20", 'orchestratia events --follow --type "task.*" --json'],
  define(command, context) {
    withProject(command)
      .option("--follow", "Go on with what happens from now on, until interrupted; in JSON one line for each fact")
      .option("--after <position>", "Begin behind this position")
      .option("--type <types>", "Only these kinds, with commas between them; task.* is all that begin so")
      .option("--limit <number>", "Without --follow: at most this many (default 100)")
      .action((options: Options) => (options.follow ? follow(context, options) : list(context, options)));
  },
};

async function list(context: Context, { project, after, type, limit }: Options): Promise<void> {
  const { hub, project: chosen } = context.people();
  const answer = await hub.call(operations.listActivity, {
    params: { project: chosen(project) },
    query: { ...(after && { after }), ...(type && { event_type: type }), ...(limit && { limit }) },
  });
  context.output.answer(answer, ({ activity }, paint) => [
    activity.length === 0 ? "Nothing happened." : "What happened:",
    ...activity.toSorted((left, right) => left.position - right.position).map((fact) => factLine(fact, paint)),
  ]);
}

async function follow(context: Context, { project, after, type }: Options): Promise<void> {
  const { followEvents } = await import("../event-stream.ts");
  const { url, token, project: chosen } = context.people();
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  process.once("SIGINT", interrupted);
  try {
    const query = { project: chosen(project), ...(type && { event_type: type }) };
    const from = after === undefined ? undefined : Number(after);
    const onBroken = () => context.output.notice("The link to the hub broke off; it is opened again.");
    for await (const fact of followEvents({ url, token, query, after: from, signal: stop.signal, onBroken })) {
      context.output.line(fact, factLine);
    }
  } finally {
    process.off("SIGINT", interrupted);
  }
}

/** `12:30:05 42 APP-3 task.done by Ada` */
function factLine(fact: Activity, paint: Paint): string {
  const { at, position, event_type, actor, details } = printable(fact);
  const about = [details.key, details.title ?? details.name ?? details.question].filter(Boolean).join(" ");
  return `  ${paint.dim(at.slice(11, 19))} ${position} ${paint.cyan(event_type)} ${about} ${paint.dim(`by ${actor.name}`)}`;
}
