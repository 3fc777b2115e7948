/** `orchestratia session attach` in a real pty, through a whole hub, to the sessions of a version 2 daemon. */
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInProcess } from "../apps/cli/src/testing/run-in-process.ts";
import { ExactDaemon } from "../apps/hub/src/testing/exact-daemon.ts";
import { FakeViewer } from "../apps/hub/src/testing/fake-viewer.ts";
import { addPerson } from "../apps/hub/src/testing/matrix-world.ts";
import { ADMIN, startTestHub, type TestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import { createSession } from "../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

interface Pty {
  write(text: string): void;
  resize(cols: number, rows: number): void;
  kill(): void;
  onData(listener: (text: string) => void): void;
  onExit(listener: (exit: { exitCode: number }) => void): void;
}
const require = createRequire(new URL("../apps/agent/package.json", import.meta.url));
const { spawn } = require("node-pty") as { spawn(file: string, args: string[], options: object): Pty };
const main = fileURLToPath(new URL("../apps/cli/src/main.ts", import.meta.url));

let hub: TestHub;
let project: { id: string; key: string };
let daemon: ExactDaemon;
let server: string;
let home: string;

beforeAll(async () => {
  hub = await startTestHub();
  await hub.admin();
  project = await hub.project();
  const { id, key } = await hub.registerServer(project as never, { name: "box" });
  server = id;
  daemon = new ExactDaemon({ url: hub.url, apiKey: key });
  await daemon.connect();
  home = await mkdtemp(path.join(tmpdir(), "orchestratia-attach-"));
  const line = ["login", "--hub", hub.url, "--email", ADMIN.email, "--password-stdin"];
  await runInProcess(line, { env: { ORCHESTRATIA_HOME: home }, stdin: `${ADMIN.password}\n` });
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
  await hub?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function startSession(name: string): Promise<string> {
  const system = await hub.system();
  const body = { server_id: server as ServerId, name };
  const { id } = await system.call(createSession, { params: { project: project.id }, body });
  await until(() => daemon.terminals.has(id));
  return id;
}

/** Somebody at a terminal of 100 by 30 who types the line. */
function person(...argv: string[]) {
  const line = ["--import", "tsx", "--conditions=development", main, ...argv, "--project", project.key];
  const env = { PATH: process.env.PATH, ORCHESTRATIA_HOME: home, TERM: "xterm-256color" };
  const pty = spawn(process.execPath, line, { cols: 100, rows: 30, env });
  let shown = "";
  pty.onData((text) => {
    shown += text;
  });
  const exited = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  return {
    pty,
    exited,
    get shown() {
      return shown;
    },
    sees: (text: string) => until(() => shown.includes(text)),
    [Symbol.dispose]: () => pty.kill(),
  };
}

const typedInto = (session: string) => Buffer.concat(daemon.terminal(session).typed).toString();
const sizes = () =>
  daemon.frames.flatMap((frame) => (frame.type === "session_resize" ? [`${frame.cols}x${frame.rows}`] : []));

test("a session is driven from a terminal: screen, keys, size, take-over, and the keys that are the command's own", async () => {
  const session = await startSession("api-worker");
  daemon.print(session, "printed before\r\n");
  using ada = person("session", "attach", "api-worker");
  await ada.sees("printed before");
  await ada.sees("api-worker: you type");
  await until(() => sizes().at(-1) === "100x30");
  ada.pty.write("ls -la\r\x1d.");
  await until(() => typedInto(session) === "ls -la\r\x1d.");
  daemon.print(session, "\x1b[31mred\x1b[0m");
  await ada.sees("\x1b[31mred\x1b[0m");
  ada.pty.resize(90, 20);
  await until(() => sizes().at(-1) === "90x20");
  // What the terminal answers by itself is no key; who it is, it may say.
  ada.pty.write("\x1b[I\x1b]11;rgb:0000/0000/0000\x07\x1b[?62c");
  await until(() => typedInto(session).endsWith("\x1b[?62c"));
  expect(typedInto(session)).toBe("ls -la\r\x1d.\x1b[?62c");

  const token = await addPerson(hub, "viewer", { project: project.id, role: "member" });
  await using other = await FakeViewer.signedIn(hub.url, token);
  await other.attach(session, { mode: "drive" });
  other.send({ type: "take_over", session_id: session as never, cols: 70, rows: 20 });
  await ada.sees("types; Ctrl-] t takes over");
  ada.pty.write("x\x1dt");
  await until(() => sizes().at(-1) === "90x20");
  ada.pty.write("y");
  await until(() => typedInto(session).endsWith("y"));
  expect(typedInto(session).endsWith("\x1b[?62cy")).toBe(true);
  ada.pty.write("\x1d\x1dz");
  expect(await ada.exited).toBe(0);
  expect(ada.shown).toContain("api-worker: detached; it goes on.");
  // Whatever the program had switched on is off again.
  expect(ada.shown).toContain("\x1b[?1049l");
  expect(typedInto(session)).not.toContain("z");
});

test("who watches types nothing, and is told how the session ended", async () => {
  const session = await startSession("builder");
  using ada = person("session", "attach", "builder", "--watch");
  await ada.sees("builder: nobody types");
  ada.pty.write("rm -rf /\r");
  daemon.print(session, "still building");
  await ada.sees("still building");
  const terminal = daemon.terminal(session);
  daemon.exit(session, 7);
  expect(await ada.exited).toBe(0);
  expect(ada.shown).toContain("builder: ended with exit code 7.");
  expect(terminal.typed).toEqual([]);
});

test("a session that is not there is said so before the terminal is touched", async () => {
  using ada = person("session", "attach", "nothing");
  expect(await ada.exited).toBe(6);
  expect(ada.shown).toContain("No live session is called nothing");
  expect(ada.shown).not.toContain("\x1b[?1049l");
});
