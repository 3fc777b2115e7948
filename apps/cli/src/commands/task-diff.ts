import { Option } from "commander";
import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

interface Options extends ProjectOption {
  source?: "checkout" | "completion";
  stat?: true;
}

export const taskDiff: CommandModule = {
  examples: ["orchestratia task diff DEMO-3", "orchestratia task diff DEMO-3 --source checkout --stat"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .addOption(
        new Option(
          "--source <source>",
          "As it is in its checkout now, or was at its completion. Default: the completion, else the checkout",
        ).choices(["checkout", "completion"]),
      )
      .option("--stat", "Only the files, without what changed in them")
      .action(async (task: string, { project, source, stat }: Options) => {
        const hub = await context.hub({ project });
        const diff = await hub.call(operations.viewTaskDiff, { params: { task }, query: { source } });
        context.output.answer(diff, ({ files, files_total, additions, deletions, commits, dirty }, paint) => [
          `${counted(files_total, "file")} changed, +${additions} -${deletions}${dirty ? ", not all of it committed" : ""}`,
          ...commits.map(({ id, subject }) => `${paint.dim(id.slice(0, 10))} ${subject}`),
          ...files.flatMap((file) => [
            paint.bold(`${file.status} ${file.old_path ? `${file.old_path} → ` : ""}${file.path}`),
            ...(stat || file.hunks === "" ? [] : file.hunks.replace(/\n$/, "").split("\n")),
            ...(file.cut && !stat ? [paint.dim("  … there is more")] : []),
          ]),
        ]);
      });
  },
};
