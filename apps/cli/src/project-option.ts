import type { Command } from "commander";

export interface ProjectOption {
  project?: string;
}

/** Every command that people run is about one project; it says which in the same way. */
export const withProject = (command: Command): Command =>
  command.option(
    "--project <key>",
    "For people: key or id of the project; without it the one that `project use` chose",
  );
