#!/usr/bin/env node
import { readEnvironment } from "./config.ts";
import { createContext } from "./context.ts";
import { run } from "./program.ts";

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), (json) =>
  createContext({
    environment: readEnvironment(),
    json,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  }),
);
