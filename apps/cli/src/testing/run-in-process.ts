import { readEnvironment } from "../config.ts";
import { createContext } from "../context.ts";
import { run } from "../program.ts";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line as main.ts does, with the given environment, input and streams. */
export async function runInProcess(
  argv: readonly string[],
  {
    env = {},
    stdin = "",
    tty = false,
    onOutput,
  }: { env?: Record<string, string>; stdin?: string; tty?: boolean; onOutput?: () => void } = {},
): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const writer = (name: keyof typeof written) => ({
    isTTY: tty,
    write(text: string) {
      written[name] += text;
      if (name === "stdout") onOutput?.();
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
