import { DEPENDENCY_TYPES } from "@orchestratia/domain/dependency-graph";
import type { NewDependency } from "@orchestratia/protocol/tasks";
import { Option } from "commander";
import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

interface Options {
  dependsOn: string;
  type: NewDependency["dependency_type"];
  contractKey?: string;
  alias?: string;
}

export const taskDepsAdd: CommandModule = {
  examples: [
    "orchestratia task deps add DEMO-4 --depends-on DEMO-3",
    "orchestratia task deps add DEMO-4 --depends-on DEMO-3 --type input --contract-key api_schema --alias schema",
  ],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .requiredOption("--depends-on <task>", "The task that must be done first")
      .addOption(
        new Option("--type <type>", "blocks: wait; input: wait and receive a contract; related: do not wait")
          // `order` edges are the hub's own.
          .choices(DEPENDENCY_TYPES.filter((type) => type !== "order"))
          .default("blocks"),
      )
      .option("--contract-key <key>", "The contract that an input receives; without it, all of them")
      .option("--alias <name>", "The name under which the input arrives")
      .action(async (task: string, options: Options & ProjectOption) => {
        const hub = await context.hub({ project: options.project });
        const answer = await hub.call(operations.addDependency, {
          params: { task },
          body: {
            depends_on_task_id: options.dependsOn,
            dependency_type: options.type,
            contract_key: options.contractKey,
            alias: options.alias,
          },
        });
        context.output.answer(answer, ({ dependency_type, contract_key, depends_on_key, resolved }) => [
          "Dependency added:",
          `  ${task} depends on ${depends_on_key} (${[dependency_type, contract_key].filter(Boolean).join(" ")}): ${resolved ? "resolved" : "pending"}`,
        ]);
      });
  },
};
