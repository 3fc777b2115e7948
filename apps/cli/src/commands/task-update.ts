import type { ExecMode } from "@orchestratia/domain/sibling-order";
import type { TaskPriority, TaskType } from "@orchestratia/domain/task-lifecycle";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import { givenObject, givenText } from "../given-value.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { execModeOption, priorityOption, typeOption } from "../task-options.ts";
import { wholeTask } from "../task-text.ts";

interface Options {
  title?: string;
  spec?: string;
  structuredSpec?: string;
  priority?: TaskPriority;
  type?: TaskType;
  repo?: string;
  branch?: string;
  acceptanceCriteria?: string[];
  execMode?: ExecMode;
  label?: string[];
}

export const taskUpdate: CommandModule = {
  examples: ['orchestratia task update DEMO-3 --priority high --acceptance-criteria "tests pass" "docs say how"'],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .option("--title <text>", "What is to be done, in one line")
      .option("--spec <text>", "The work in Markdown; @file reads a file, - standard input")
      .option("--structured-spec <json|file>", "task-spec/v1 as JSON, a JSON or YAML file, or -")
      .addOption(priorityOption())
      .addOption(typeOption())
      .option("--repo <name>", "The repository it is about")
      .option("--branch <name>", "The branch it is about")
      .option("--acceptance-criteria <text...>", "What must hold when it is done; replaces those it has")
      .addOption(execModeOption())
      .option("--label <words...>", "Labels; replace those it has")
      .action(async (task: string, options: Options & ProjectOption) => {
        const body = await changesOf(context, options);
        if (Object.values(body).every((change) => change === undefined)) {
          throw new CommandError("invalid_input", "Give at least one field to change.");
        }
        const hub = await context.hub({ project: options.project });
        // Sent back with the change, the version lets the hub refuse if somebody changes the task in between.
        const { id, version } = await hub.call(operations.viewTask, { params: { task } });
        const answer = await hub.call(operations.updateTask, {
          params: { task: id },
          headers: { "if-match": `"${version}"` },
          body,
        });
        context.output.answer(answer, wholeTask("Task updated:"));
      });
  },
};

async function changesOf(context: Context, options: Options) {
  return {
    title: options.title,
    spec: options.spec === undefined ? undefined : await givenText(context, options.spec),
    ...(options.structuredSpec === undefined
      ? {}
      : { structured_spec: await givenObject(context, "--structured-spec", options.structuredSpec) }),
    priority: options.priority,
    type: options.type,
    target_repo: options.repo,
    target_branch: options.branch,
    acceptance_criteria: options.acceptanceCriteria,
    labels: options.label,
    exec_mode: options.execMode,
  };
}
