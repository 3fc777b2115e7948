import { spawn } from "node:child_process";

const limitMs = 60_000;
const maxBytes = 8 * 1024 * 1024;

/** Why something could not be done with a repository or a checkout, in words for the people and agents who asked. */
export class WorkspaceError extends Error {
  override readonly name: string = "WorkspaceError";
}

/** There can be no checkout of that folder, now or later: the task has to work in the folder itself. */
export class NoCheckoutError extends WorkspaceError {
  override readonly name = "NoCheckoutError";
}

/** Where git finds the repository, its index and its files; see repository-view.ts. */
export type GitPlace = Readonly<Record<"GIT_DIR" | "GIT_WORK_TREE" | "GIT_INDEX_FILE", string>>;

export interface GitOptions {
  cwd: string;
  /** Without it git looks for the repository around `cwd` and reads its configuration: for `rev-parse` only. */
  place?: GitPlace;
  limitMs?: number;
  /** What is kept of its output; git is ended when it prints more. */
  maxBytes?: number;
  /** Exit codes that are answers. */
  accepts?: readonly number[];
}

export interface GitResult {
  exitCode: number;
  stdout: Buffer;
  /** It printed more than `maxBytes`; `stdout` is the beginning. */
  isCut: boolean;
}

/**
 * A second line behind the private view, which has no configuration that could run anything: settings that win over a
 * repository's own wherever git can be made to read it.
 */
const overrides: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["core.pager", "cat"],
  ["core.editor", "false"],
  ["core.askPass", ""],
  ["core.sshCommand", "false"],
  ["core.attributesFile", "/dev/null"],
  ["core.bigFileThreshold", "4m"],
  // It says which commits are whose parents, and whoever may write it could say so of any.
  ["core.commitGraph", "false"],
  ["core.quotePath", "false"],
  ["credential.helper", ""],
  ["diff.external", ""],
  ["log.showSignature", "false"],
  ["gpg.program", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["protocol.allow", "never"],
  ["submodule.recurse", "false"],
  ["advice.detachedHead", "false"],
];

function gitEnv(place: GitPlace | undefined): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_CONFIG_COUNT: String(overrides.length),
    ...Object.fromEntries(
      overrides.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...place,
  };
}

/**
 * Runs git with nobody's configuration, no hooks, no prompts and no network, for a limited time. Throws WorkspaceError
 * when it fails, with what it complained of.
 */
export async function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { exitCode, stdout, stderr, isCut, isLate } = await run(args, options);
  const verb = args.find((argument) => !argument.startsWith("-")) ?? "";
  if (isLate) throw new WorkspaceError(`git ${verb} took longer than ${(options.limitMs ?? limitMs) / 1000} s.`);
  if (isCut || exitCode === 0 || options.accepts?.includes(exitCode)) return { exitCode, stdout, isCut };
  throw new WorkspaceError(`git ${verb} failed: ${stderr.trim().slice(0, 2000) || `exit code ${exitCode}`}`);
}

/** What git printed, without the newline at its end. */
export async function gitText(args: readonly string[], options: GitOptions): Promise<string> {
  return (await git(args, options)).stdout.toString("utf8").replace(/\n$/, "");
}

interface Ended extends GitResult {
  stderr: string;
  isLate: boolean;
}

function run(args: readonly string[], options: GitOptions): Promise<Ended> {
  const most = options.maxBytes ?? maxBytes;
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["--no-pager", ...args], {
      cwd: options.cwd,
      env: gitEnv(options.place),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = "";
    let isCut = false;
    let isLate = false;
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    const deadline = setTimeout(() => {
      isLate = true;
      end();
    }, options.limitMs ?? limitMs);
    child.stdout.on("data", (bytes: Buffer) => {
      const kept = bytes.subarray(0, most - size);
      chunks.push(kept);
      size += kept.length;
      if (kept.length === bytes.length) return;
      isCut = true;
      end();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      if (stderr.length < 4000) stderr += bytes.toString("utf8");
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      const why = error.code === "ENOENT" ? `${options.cwd} or the program git is missing` : error.message;
      reject(new WorkspaceError(`git could not be started: ${why}.`));
    });
    child.on("close", (exitCode) => {
      clearTimeout(deadline);
      resolve({ exitCode: exitCode ?? -1, stdout: Buffer.concat(chunks), stderr, isCut, isLate });
    });
  });
}
