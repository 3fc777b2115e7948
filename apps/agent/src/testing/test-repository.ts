import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgSign=false"];

/** git as people run it, with the repository's own configuration and hooks. */
export function userGit(cwd: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  return execFileSync("git", [...identity, ...args], { cwd, env, encoding: "utf8", stdio: "pipe" }).trim();
}

export function writeFiles(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

export function commitFiles(folder: string, files: Record<string, string | Buffer>, message: string): string {
  writeFiles(folder, files);
  userGit(folder, "add", "--all");
  userGit(folder, "commit", "--quiet", "--message", message);
  return userGit(folder, "rev-parse", "HEAD");
}

/** A repository with one commit on `main`, in a folder of its own. */
export function testRepository(files: Record<string, string | Buffer> = { "README.md": "hello\n" }): {
  home: string;
  repo: string;
} {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "repository-")));
  const repo = join(home, "app");
  userGit(home, "init", "--quiet", "--initial-branch", "main", repo);
  commitFiles(repo, files, "First");
  return { home, repo };
}
