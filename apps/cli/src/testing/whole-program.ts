import { readEnvironment } from "../config.ts";
import { createContext } from "../context.ts";
import { buildProgram } from "../program.ts";

/** Every command, loaded, saying nothing. */
export function wholeProgram() {
  const nowhere = { write: () => true };
  const context = createContext({
    environment: readEnvironment({}),
    json: false,
    stdin: (async function* () {})(),
    stdout: nowhere,
    stderr: nowhere,
  });
  return buildProgram(context, () => true);
}
