import { readEnvironment } from "../config.ts";
import { createContext } from "../context.ts";
import { run } from "../program.ts";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  stdin?: string;
  /** Which of its streams are a terminal: both, none, or one. */
  tty?: boolean | "stdout" | "stderr";
  columns?: number;
  onOutput?: (text: string) => void;
}

/** Runs a command line as main.ts does, with the given environment, input and streams. */
export async function runInProcess(
  argv: readonly string[],
  { env = {}, stdin = "", tty = false, columns, onOutput }: RunOptions = {},
): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const writer = (name: keyof typeof written) => ({
    isTTY: tty === true || tty === name,
    ...(columns === undefined ? {} : { columns }),
    write(text: string) {
      written[name] += text;
      if (name === "stdout") onOutput?.(text);
    },
  });
  const environment = readEnvironment({ ORCHESTRATIA_HOME: "/nonexistent", ...env });
  const code = await run(argv, (json) =>
    createContext({
      environment,
      json,
      stdin: (async function* () {
        yield stdin;
      })(),
      stdout: writer("stdout"),
      stderr: writer("stderr"),
    }),
  );
  return { code, ...written };
}
