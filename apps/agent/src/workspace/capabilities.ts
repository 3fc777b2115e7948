import type { Capabilities } from "@orchestratia/protocol/servers";
import { findExecutable } from "../terminals/executable.ts";

const languagesByProgram: Record<string, string[]> = {
  node: ["javascript", "typescript"],
  python3: ["python"],
  go: ["go"],
  cargo: ["rust"],
  java: ["java"],
  kotlinc: ["kotlin"],
  ruby: ["ruby"],
  php: ["php"],
  dotnet: ["csharp"],
  swift: ["swift"],
  gcc: ["c"],
  "g++": ["cpp"],
};
const toolPrograms = [
  "git",
  "gh",
  "docker",
  "podman",
  "kubectl",
  "terraform",
  "make",
  "cmake",
  "npm",
  "pnpm",
  "yarn",
  "uv",
  "psql",
];

/** What this machine can be asked for: languages and tools whose programs are on the search path, and what is configured. */
export function detectCapabilities(
  searchPath: string,
  { tags, environments }: { tags: string[]; environments: string[] },
): Capabilities {
  const isHere = (program: string): boolean => findExecutable(program, searchPath) !== undefined;
  const programs = Object.keys(languagesByProgram).filter(isHere);
  return {
    languages: programs.flatMap((program) => languagesByProgram[program] ?? []),
    tools: [...programs, ...toolPrograms.filter(isHere)],
    environments,
    tags,
  };
}
