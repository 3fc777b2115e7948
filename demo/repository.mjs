import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

async function git(...words) {
  try {
    const { stdout } = await execute("git", words);
    return stdout.trim();
  } catch (error) {
    if (error.code === "ENOENT") throw new Error("git is not installed");
    throw new Error(`git ${words[0]}: ${(error.stderr || error.message).trim()}`);
  }
}

/** The JSON file's content; undefined when there is no such file. */
export async function readJson(path) {
  return existsSync(path) ? JSON.parse(await readFile(path, "utf8")) : undefined;
}

/** Writes files of the repository in the current folder and commits them; answers what changed in a result's words. */
export async function commitFiles(files, message) {
  const changes = { files_created: [], files_modified: [], files_deleted: [] };
  for (const [path, content] of Object.entries(files)) {
    (existsSync(path) ? changes.files_modified : changes.files_created).push(path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  const paths = Object.keys(files);
  await git("add", "--", ...paths);
  const changed = await git("status", "--porcelain", "--", ...paths);
  if (changed !== "") await git("commit", "--quiet", "--message", message, "--", ...paths);
  return { changes, commit: await git("log", "-1", "--format=%h %s") };
}

export const recentCommits = () => git("log", "--oneline", "-8");
