import { test } from "vitest";
import { readProcesses } from "../../limits/process-table.ts";
import { exitOf, Listener, testTerminals } from "../../testing/test-terminals.ts";
import { waitFor } from "../../testing/wait.ts";

test.runIf(process.platform === "linux")(
  "a close ends also what left the terminal, its environment and, when asked to leave, its parents",
  async () => {
    await using here = testTerminals();
    const stubborn = `trap "" HUP; echo pid $$; sleep 600 & wait; wait`;
    const script = `env -i "PATH=$PATH" setsid sh -c '${stubborn}' & wait`;
    const env = { PATH: process.env.PATH ?? "", ORCHESTRATIA_SESSION_ID: "closed-session" };
    const terminal = await here.start(script, { id: "closed-session", env });
    const heard = new Listener(terminal);
    const pid = Number(await waitFor(() => /pid (\d+)/.exec(heard.text())?.[1]));
    const sleeper = await waitFor(async () => (await readProcesses()).find(({ parent }) => parent === pid)?.pid);
    terminal.close();
    await exitOf(terminal);
    await waitFor(async () => !(await readProcesses()).some((left) => [pid, sleeper].includes(left.pid)));
  },
);
