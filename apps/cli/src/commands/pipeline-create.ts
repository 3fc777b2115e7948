import type { NewPipeline, PipelinePlacement } from "@orchestratia/protocol/pipelines";
import { Option } from "commander";
import type { z } from "zod";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import { counted } from "../counted.ts";
import { givenObject, parseObject } from "../given-value.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { taskLines } from "../task-text.ts";

interface Options {
  file?: string;
  inline?: string;
  dryRun?: true;
}

export const pipelineCreate: CommandModule = {
  examples: [
    "orchestratia pipeline create --file pipeline.yaml --dry-run",
    `orchestratia pipeline create --inline '{"tasks": [{"id": "a", "title": "Describe", "spec": "…"}, {"title": "Build", "spec": "…", "depends_on": ["a"]}]}'`,
  ],
  define(command, context) {
    withProject(command)
      .addOption(new Option("--file <path>", "A YAML or JSON file; - reads standard input").conflicts("inline"))
      .option("--inline <json>", "The pipeline itself")
      .option("--dry-run", "Say what would be made and where each task would go; make nothing")
      .action(async (options: Options & ProjectOption) => {
        const pipeline = await pipelineOf(context, options);
        const hub = await context.hub({ project: options.project });
        const body = { ...pipeline, ...(options.dryRun ? { dry_run: true } : {}) } as z.input<typeof NewPipeline>;
        const answer = await hub.call(operations.createPipeline, { body });
        context.output.answer(answer, ({ tasks_created, tasks, dry_run, placements, warnings }, paint) => [
          dry_run
            ? `Nothing made; would make ${counted(placements.length, "task")}:`
            : `Made ${counted(tasks_created, "task")}:`,
          ...(dry_run ? placements.map(placementLine) : tasks.flatMap((task) => taskLines(task, paint))),
          ...warnings.map((warning) => `  ${paint.yellow("Warning:")} ${warning}`),
        ]);
      });
  },
};

/** Where a task would go; what waits for others would go there after them. */
function placementLine({ title, server_name, blocked, reason }: PipelinePlacement): string {
  const place = server_name === null ? `no server yet: ${reason}` : server_name;
  return `  ${title} → ${blocked && server_name !== null ? `${place}, after what it waits for` : place}`;
}

/** What the file says; the hub checks it, which knows the tasks and sessions that it may name. */
async function pipelineOf(context: Context, { file, inline }: Options): Promise<Record<string, unknown>> {
  if (inline !== undefined) return parseObject(inline, "--inline");
  if (file !== undefined) return givenObject(context, "--file", file === "-" ? file : `@${file}`);
  throw new CommandError("invalid_input", "Give the pipeline with --file or --inline.");
}
