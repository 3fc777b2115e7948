import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { startProtocolHub } from "./testing/protocol-hub.ts";
import { spawnCli } from "./testing/spawn-cli.ts";

const hub = await startProtocolHub();
afterAll(() => hub[Symbol.asyncDispose]());
const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_TOKEN: "orct_secret", ORCHESTRATIA_PROJECT: "DEMO" };

async function completions(words: string[], environment: Record<string, string> = env): Promise<string[]> {
  const { code, stdout, stderr } = await spawnCli(["complete", "--", ...words], { env: environment });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(":"))
    .map((line) => line.split("\t")[0] ?? "");
}

test("commands, groups and what stands in them", async () => {
  expect(await completions(["pro"])).toEqual(["project"]);
  expect(await completions(["task", "re"])).toEqual(["revise", "review", "requeue", "retry", "reopen"]);
});

test("options of the command, and the values that one may have", async () => {
  expect(await completions(["task", "list", "--st"])).toEqual(["--status"]);
  expect(await completions(["task", "list", "--status", "plan"])).toEqual(["planning", "plan_review"]);
});

test("keys and names come from the hub", async () => {
  expect(await completions(["task", "view", ""])).toEqual(["DEMO-3"]);
  expect(await completions(["task", "assign", "DEMO-3", "--session", ""])).toEqual(["w1"]);
  expect(await completions(["project", "use", ""])).toEqual(["DEMO"]);
  expect(await completions(["server", "drain", ""])).toEqual(["local"]);
  expect(await completions(["server", "undrain", "lo"])).toEqual(["local"]);
  expect(await completions(["intervention", "respond", ""])).toEqual(["e5fb2091-4c86-4132-a027-bd9c83e416fa"]);
  expect(await completions(["intervention", "view", "e5"])).toEqual(["e5fb2091-4c86-4132-a027-bd9c83e416fa"]);
});

test("a hub that does not answer, or none, completes nothing and says nothing", async () => {
  expect(await completions(["task", "view", ""], {})).toEqual([]);
  expect(await completions(["task", "view", ""], { ...env, ORCHESTRATIA_HUB_URL: "http://127.0.0.1:1" })).toEqual([]);
});

test("bash completes with the script that the command prints", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orchestratia-completion-"));
  try {
    const program = fileURLToPath(new URL("main.ts", import.meta.url));
    const starter = join(folder, "orchestratia");
    writeFileSync(
      starter,
      `#!/bin/sh\nexec "${process.execPath}" --import tsx --conditions=development "${program}" "$@"\n`,
    );
    chmodSync(starter, 0o755);
    const script = join(folder, "script.bash");
    writeFileSync(script, (await spawnCli(["completion", "bash"], { env })).stdout);
    const ask = `source "${script}"
      # What the package bash-completion brings.
      _get_comp_words_by_ref() { cur=\${COMP_WORDS[COMP_CWORD]}; words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
      COMP_WORDS=(orchestratia task view DE) COMP_CWORD=3 COMP_LINE="orchestratia task view DE" COMP_POINT=25 COMP_TYPE=9
      $(complete -p orchestratia | sed 's/.*-F \\([^ ]*\\).*/\\1/') orchestratia
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", ask], {
      env: { ...env, PATH: `${folder}:${process.env.PATH}` },
      cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    });
    expect(stdout.trim()).toBe("DEMO-3");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
