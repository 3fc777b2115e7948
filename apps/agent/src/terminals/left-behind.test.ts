import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exitOf, Listener, shellSpec, testTerminals } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { findTmux } from "./tmux-server.ts";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const isLinux = process.platform === "linux";
const stubborn =
  "trap '' HUP TERM; setsid sh -c 'trap \"\" HUP; echo job=$$.; exec sleep 1000' & echo main=$$.; while :; do sleep 0.1; done";

const isThere = (pid: number) => spawnSync("kill", ["-0", String(pid)]).status === 0;

/** Processes whose command names `text`. */
function commandsNaming(text: string): string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return /^\d+$/.test(name) && command.includes(text) ? [command] : [];
    } catch {
      return [];
    }
  });
}

test.skipIf(!isLinux).for([{ inTmux: false }, { inTmux: hasTmux }])(
  "a session has not ended before all that it started has, when its holder was killed (in tmux: $inTmux)",
  async ({ inTmux }) => {
    await using test = testTerminals((stateDir) => ({
      tmux: () => (inTmux ? findTmux(stateDir, process.env.PATH ?? "") : undefined),
    }));
    // The first one's folder is named by the tmux server itself.
    const other = await test.start("printf ready; read go");
    const id = randomUUID();
    const env = { ...shellSpec("").env, ORCHESTRATIA_SESSION_ID: id };
    const terminal = await test.start(stubborn, { id, env });
    const heard = new Listener(terminal);
    const pidOf = (name: string) => waitFor(() => new RegExp(`${name}=(\\d+)\\.`).exec(heard.text())?.[1]).then(Number);
    const [job, main] = [await pidOf("job"), await pidOf("main")];
    expect([job, main].map(isThere)).toEqual([true, true]);
    process.kill(terminal.record.holder_pid, "SIGKILL");
    expect(await exitOf(terminal)).toMatchObject({ code: null, signal: null });
    await waitFor(() => !isThere(job) && !isThere(main));
    await waitFor(() => commandsNaming(terminal.folder).length === 0);
    expect(isThere(other.record.pid)).toBe(true);
    expect(other.exit).toBeNull();
  },
);
