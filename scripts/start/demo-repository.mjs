import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

const readme = `# Bookshelf

The repository of Orchestratia's demo. Three tasks work on it: one describes an API, one builds a client from the
description, one writes the docs. Every run adds a version; \`git log\` tells the story.
`;

/** What a commit must not depend on: whoever runs the demo may have no git configuration, or one that signs and hooks. */
const settings = {
  "user.name": "Orchestratia demo",
  "user.email": "demo@orchestratia.invalid",
  "commit.gpgsign": "false",
  "core.hooksPath": ".git/hooks",
};

/** Makes the demo's git repository in `folder` if it is not there. Throws with a plain sentence when git is missing. */
export async function ensureRepository(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const git = gitIn(folder);
  if (!existsSync(join(folder, ".git"))) {
    await git("init", "--quiet");
    await git("symbolic-ref", "HEAD", "refs/heads/main");
  }
  for (const [name, value] of Object.entries(settings)) await git("config", name, value);
  if (await hasCommit(git)) return;
  await writeFile(join(folder, "README.md"), readme);
  await git("add", "README.md");
  await git("commit", "--quiet", "--message", "Begin");
}

const hasCommit = (git) =>
  git("rev-parse", "--quiet", "--verify", "HEAD").then(
    () => true,
    () => false,
  );

function gitIn(cwd) {
  // Whoever starts us from a git hook has variables that point at another repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  return async (...words) => {
    try {
      await execute("git", words, { cwd, env });
    } catch (error) {
      if (error.code === "ENOENT")
        throw new Error("The demo needs git, which is not installed (Debian: apt-get install git).");
      throw new Error(`git ${words[0]} in ${cwd}: ${(error.stderr || error.message).trim()}`);
    }
  };
}
