import type { Command } from "commander";

export interface ProjectOption {
  project?: string;
}

/** Every command for people is about one project; it says which in the same way. */
export const withProject = (command: Command): Command =>
  command.option("--project <key>", "Key or id of the project; without it the one that `project use` chose");
