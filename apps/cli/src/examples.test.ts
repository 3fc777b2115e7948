import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { COMMANDS } from "./command-list.ts";
import { writeSignIns } from "./sign-ins.ts";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { PIPELINE_FILE } from "./testing/reference.ts";
import { runInProcess } from "./testing/run-in-process.ts";

const hub = await startProtocolHub();
const home = mkdtempSync(join(tmpdir(), "orchestratia-examples-"));
const before = process.cwd();
process.chdir(home);
const FILES: Record<string, string> = {
  "spec.md": "# What is to be done\n",
  "result.json": '{"summary": "built"}',
  "plan.json": '{"summary": "first this"}',
  "plan.md": "First this.\n",
  "build.log": "42 tests passed\n",
  "dist.tar": "packed\n",
  "pipeline.yaml": PIPELINE_FILE,
  "pipeline.json": JSON.stringify({ tasks: [{ title: "One", spec: "Do it." }] }),
  "booking.yaml": PIPELINE_FILE,
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(name, text);
afterAll(async () => {
  process.chdir(before);
  rmSync(home, { recursive: true });
  await hub[Symbol.asyncDispose]();
});
// The shells' scripts are printed by their library itself.
const printed = vi.spyOn(console, "log").mockImplementation(() => {});
beforeEach(() => {
  printed.mockClear();
  hub.received.length = 0;
  const signIn = { token: "a.b.c", user: "ada@example.org", project: "DEMO" };
  writeSignIns(join(home, "cli/sign-ins.json"), { current: hub.url, hubs: { [hub.url]: signIn } });
});

const env = {
  ORCHESTRATIA_HOME: home,
  ORCHESTRATIA_HUB_URL: hub.url,
  ORCHESTRATIA_API_KEY: "orcs_secret",
  ORCHESTRATIA_PROJECT_ID: "0b7e4c11-9a55-4c8e-b3de-77a6f01d2c3b",
};

/** The words of a line as a shell would make them: quotes hold words together, `< file` is standard input. */
function shellWords(line: string): { argv: string[]; stdin: string } {
  const [command = "", file] = line.split(" < ");
  const words = [...command.matchAll(/"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|(\S+)/g)];
  const argv = words.map(([, double, single, plain]) => double ?? single ?? plain ?? "");
  return { argv: argv.slice(1), stdin: file === undefined ? "{}" : "orct_secret" };
}

const examples = (
  await Promise.all(COMMANDS.map(async ({ load }) => (await load()).examples.map((example) => [example] as const)))
).flat();

test.each(examples)("$ %s", async (example) => {
  const { argv, stdin } = shellWords(example.replaceAll("https://hub.example.org", hub.url));
  if (argv.includes("--follow")) return expectFollowed(argv);
  if (argv[1] === "attach") return expectNoTerminal(argv);
  // The one that asks at the terminal is answered on standard input.
  const line =
    argv[0] === "login" && !argv.includes("--token-stdin")
      ? [...argv, "--email", "ada@example.org", "--password-stdin"]
      : argv;
  const { code, stdout, stderr } = await runInProcess(line, { env, stdin });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout + printed.mock.calls.flat().join("")).not.toBe("");
});

async function expectNoTerminal(argv: string[]): Promise<void> {
  const { code, stderr } = await runInProcess(argv, { env });
  expect([code, stderr]).toEqual([1, expect.stringContaining("only be attached to a terminal")]);
}

async function expectFollowed(argv: string[]): Promise<void> {
  const running = runInProcess(argv, { env, onOutput: () => process.emit("SIGINT") });
  const { code, stdout } = await running;
  expect([code, JSON.parse(stdout.split("\n")[0] ?? "").position]).toEqual([0, 42]);
}

test("a sign-in is kept for this account alone, and forgotten by logout", async () => {
  const file = join(home, "cli/sign-ins.json");
  rmSync(file);
  const line = ["login", "--hub", `${hub.url}/`, "--email", "ada@example.org", "--password-stdin"];
  const { stdout } = await runInProcess(line, { env: { ORCHESTRATIA_HOME: home }, stdin: "correct horse battery\n" });
  expect(stdout).toContain(`Signed in at ${hub.url} as ada@example.org.`);
  expect(hub.received[0]?.body).toEqual({ email: "ada@example.org", password: "correct horse battery" });
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    current: hub.url,
    hubs: { [hub.url]: { token: "a.b.c" } },
  });

  await runInProcess(["project", "use", "DEMO"], { env: { ORCHESTRATIA_HOME: home } });
  await runInProcess(["doctor"], { env: { ORCHESTRATIA_HOME: home } });
  expect(hub.received.at(-1)).toMatchObject({ operation: "diagnoseProject", params: { project: "DEMO" } });
  expect(hub.received.at(-1)?.headers.authorization).toBe("Bearer a.b.c");

  await runInProcess(["logout"], { env: { ORCHESTRATIA_HOME: home } });
  const { code, stderr } = await runInProcess(["doctor"], {
    env: { ORCHESTRATIA_HOME: home, ORCHESTRATIA_HUB_URL: hub.url },
  });
  expect([code, stderr]).toEqual([4, expect.stringContaining("Nobody has signed in")]);
});

test("a token is sent to no other hub than the one it was made for", async () => {
  const { code } = await runInProcess(["doctor"], {
    env: { ORCHESTRATIA_HOME: home, ORCHESTRATIA_HUB_URL: "http://127.0.0.1:9" },
  });
  expect(code).toBe(4);
  expect(hub.received).toEqual([]);
});

test("a recording is written to a file, which is never one that was there unless it is named", async () => {
  const line = ["session", "recording", "api-worker"];
  writeFileSync("api-worker.cast", "somebody's own");
  const { code, stderr } = await runInProcess(line, { env });
  expect([code, stderr]).toEqual([1, expect.stringContaining("api-worker.cast is there already")]);
  expect(readFileSync("api-worker.cast", "utf8")).toBe("somebody's own");
  expect((await runInProcess([...line, "--output", "api-worker.cast"], { env })).code).toBe(0);
  expect(readFileSync("api-worker.cast", "utf8")).toContain("version");
  const missing = await runInProcess(["session", "recording", "nobody"], { env });
  expect(missing.stderr).toContain("No session called nobody is recorded");
});
