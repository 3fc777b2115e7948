import type { Command } from "commander";
import type { Context } from "./context.ts";

/** One command: what its line takes and does. Its summary stands in the list, which loads without it. */
export interface CommandModule {
  /** Lines that show the usual use. */
  readonly examples: readonly [string, ...string[]];
  define(command: Command, context: Context): void;
}
