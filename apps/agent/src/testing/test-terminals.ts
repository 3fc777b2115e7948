import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { OutputListener } from "@orchestratia/holder-link/holder-client";
import type { Size } from "@orchestratia/holder-link/wire";
import type { Terminal } from "../terminals/terminal.ts";
import { type SessionSpec, Terminals, type TerminalsOptions } from "../terminals/terminals.ts";
import { waitFor } from "./wait.ts";

/** Runs the sources as they are, so that tests need no build. */
export const tsxFlags = [
  "--import",
  pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href,
  "--conditions=development",
];
export const sourceHolderCommand = [
  process.execPath,
  ...tsxFlags,
  fileURLToPath(new URL("../terminals/holder/main.ts", import.meta.url)),
];

/** Real terminals in a folder of their own; disposing of it ends them all. */
export function testTerminals(options: (stateDir: string) => TerminalsOptions = () => ({})) {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const terminals = new Terminals(stateDir, sourceHolderCommand, options(stateDir));
  return {
    stateDir,
    terminals,
    /** A session that runs `script` in sh. */
    start: (script: string, more: Partial<SessionSpec> = {}): Promise<Terminal> =>
      terminals.start({ ...shellSpec(script), ...more }),
    async [Symbol.asyncDispose]() {
      await terminals.closeAll();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

export const shellSpec = (script: string): SessionSpec => ({
  id: randomUUID(),
  agent: "shell",
  role: "worker",
  command: ["/bin/sh", "-c", script],
  cwd: tmpdir(),
  cols: 120,
  rows: 40,
  env: { PATH: process.env.PATH ?? "", HOME: tmpdir(), LANG: "C.UTF-8" },
  hub_url: "http://hub.test",
  project_id: "project",
  server_id: "server",
});

interface ListenerOptions {
  isSlow?: boolean;
  from?: number | null;
  catchUpBytes?: number;
}

/** Consumes a terminal's output at once and remembers it. */
export class Listener {
  readonly chunks: Buffer[] = [];
  readonly snapshots: { offset: number; text: string; size: Size }[] = [];
  readonly sizes: { offset: number; size: Size }[] = [];
  /** The offset behind the last byte heard; -1 until the first. */
  end = -1;
  readonly gaps: string[] = [];

  constructor(
    terminal: Terminal,
    { isSlow = false, from = 0, catchUpBytes = Number.MAX_SAFE_INTEGER }: ListenerOptions = {},
  ) {
    const listener: OutputListener = {
      onOutput: (offset, bytes) => {
        if (this.end >= 0 && offset !== this.end) this.gaps.push(`${this.end} to ${offset}`);
        this.chunks.push(Buffer.from(bytes));
        this.end = offset + bytes.length;
        if (!isSlow) terminal.consumed(this.end);
      },
      onResized: (offset, size) => this.sizes.push({ offset, size }),
      onSnapshot: (offset, { text, size }) => {
        this.snapshots.push({ offset, text: text.toString("utf8"), size });
        this.end = Math.max(this.end, offset);
      },
    };
    terminal.subscribe(listener, from, catchUpBytes);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  text(): string {
    return this.bytes.toString("utf8");
  }
}

export const exitOf = (terminal: Terminal) => waitFor(() => terminal.exit ?? undefined);
