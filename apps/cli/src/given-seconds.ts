import { CommandError } from "./command-error.ts";

/** The seconds of a `--timeout`. */
export function givenSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new CommandError("invalid_input", `--timeout takes a number of seconds, not "${text}".`);
}
