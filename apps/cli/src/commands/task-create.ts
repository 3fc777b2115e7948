import { RefusedError } from "@orchestratia/client/http";
import type { ExecMode } from "@orchestratia/domain/sibling-order";
import type { TaskPriority, TaskType } from "@orchestratia/domain/task-lifecycle";
import { Option } from "commander";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import { givenObject, givenText } from "../given-value.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { execModeOption, priorityOption, typeOption } from "../task-options.ts";
import { shortTask } from "../task-text.ts";

interface Options {
  title: string;
  spec: string;
  structuredSpec?: string;
  priority: TaskPriority;
  type: TaskType;
  repo?: string;
  branch?: string;
  acceptanceCriteria?: string[];
  dependsOn?: string[];
  parent?: string;
  assign?: string;
  requirePlan?: true;
  requireReview?: true;
  label?: string[];
  execMode?: ExecMode;
  after?: string;
  before?: string;
}

export const taskCreate: CommandModule = {
  examples: [
    'orchestratia task create --title "Log in by e-mail" --spec @spec.md --acceptance-criteria "a link is sent" "it works once"',
    'orchestratia task create --title "Test it" --spec "Run the suite." --depends-on DEMO-3 --assign tester',
  ],
  define(command, context) {
    withProject(command)
      .requiredOption("--title <text>", "What is to be done, in one line")
      .requiredOption("--spec <text>", "The work in Markdown; @file reads a file, - standard input")
      .option(
        "--structured-spec <json|file>",
        "task-spec/v1: contracts, requirements, capabilities; JSON, a JSON or YAML file, or -",
      )
      .addOption(priorityOption().default("normal"))
      .addOption(typeOption().default("feature"))
      .option("--repo <name>", "The repository it is about")
      .option("--branch <name>", "The branch it is about")
      .option("--acceptance-criteria <text...>", "What must hold when it is done; several may follow")
      .option("--depends-on <task...>", "Tasks that must be done first; several may follow")
      .option("--parent <task>", "The task it is a part of")
      .option("--after <task>", "The part of the same task that it comes straight after")
      .addOption(new Option("--before <task>", "The part that it comes straight before").conflicts("after"))
      .addOption(execModeOption())
      .option("--label <words...>", "Labels; several may follow")
      .option("--assign <session>", "Give it to the session of this name at once")
      .option("--require-plan", "Its plan must be approved before the work begins")
      .option("--require-review", "Its result must be approved before it is done")
      .action(async (options: Options & ProjectOption) => {
        const { sessionId, projectId } = context.environment;
        const hub = await context.hub({ project: options.project });
        const made = await hub.call(operations.createTask, {
          body: {
            title: options.title,
            spec: await givenText(context, options.spec),
            ...(options.structuredSpec === undefined
              ? {}
              : { structured_spec: await givenObject(context, "--structured-spec", options.structuredSpec) }),
            priority: options.priority,
            type: options.type,
            target_repo: options.repo,
            target_branch: options.branch,
            acceptance_criteria: options.acceptanceCriteria,
            dependency_ids: options.dependsOn,
            parent_id: options.parent,
            after: options.after,
            before: options.before,
            exec_mode: options.execMode,
            ...(options.label === undefined ? {} : { labels: options.label }),
            require_plan: options.requirePlan,
            require_review: options.requireReview,
            session_id: sessionId,
            project_id: projectId,
          },
        });
        if (options.assign === undefined) {
          context.output.answer(made, shortTask("Task created:"));
          return;
        }
        const body = { session_name: options.assign, ...(options.requirePlan ? { require_plan: true } : {}) };
        const assigned = await hub
          .call(operations.assignTask, { params: { task: made.id }, body })
          .catch((error: unknown) => {
            // The task exists by now, and whoever tries again must not make it twice.
            throw error instanceof RefusedError
              ? new CommandError(
                  error.code ?? "not_assigned",
                  `${made.key} was made but not assigned: ${error.detail}`,
                  {
                    task_id: made.id,
                    problem: error.document,
                  },
                )
              : error;
          });
        context.output.answer(assigned, shortTask("Task created and assigned:"));
      });
  },
};
