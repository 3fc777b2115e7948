import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { holds, openSendable, usualFolders } from "./sendable-file.ts";

const root = mkdtempSync(join(tmpdir(), "orc-sendable-"));
afterAll(() => rmSync(root, { recursive: true }));

const at = (...parts: string[]) => join(root, ...parts);
for (const folder of ["repo/inner", "repo-two", "state/transfers"]) mkdirSync(at(folder), { recursive: true });
for (const file of ["repo/a.txt", "repo/inner/b.txt", "repo-two/c.txt", "secret.txt", "state/key", "state/transfers/d"])
  writeFileSync(at(file), "hello");
symlinkSync(at("secret.txt"), at("repo/out.txt"));
symlinkSync(at("repo-two"), at("repo/out"));
symlinkSync(at("repo/a.txt"), at("repo/in.txt"));
execFileSync("/bin/sh", ["-c", 'mkfifo "$0"', at("repo/pipe")]);

const folders = { allowed: [at("repo"), at("state/transfers"), at("gone")], secret: [at("state")] };

/** The file's size, or why it is not sent. */
async function tried(path: string, where = folders): Promise<number | string> {
  try {
    const { file, size } = await openSendable(path, where);
    await file.close();
    return size;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each(["repo/a.txt", "repo/inner/b.txt", "repo/in.txt", "state/transfers/d"])("%s is sent", async (path) => {
  expect(await tried(at(path))).toBe(5);
});

test.each(["secret.txt", "repo-two/c.txt", "repo/out.txt", "repo/out/c.txt", "repo/none.txt", "state/key"])(
  "%s is not there for others",
  async (path) => {
    expect(await tried(at(path))).toContain("There is no file");
  },
);

test("a path that climbs out of a folder, or starts nowhere, leads nowhere", async () => {
  expect(await tried(`${at("repo")}/../secret.txt`)).toContain("There is no file");
  expect(await tried("repo/a.txt")).toContain("not an absolute path");
});

test("a folder, or a pipe that nobody writes to, is no regular file", async () => {
  expect(await tried(at("repo/inner"))).toContain("not a regular file");
  expect(await tried(at("repo/pipe"))).toContain("not a regular file");
});

test("our own state is not sent even where its parent is allowed", async () => {
  const wide = { allowed: [root, at("state/transfers")], secret: [at("state")] };
  expect(await tried(at("secret.txt"), wide)).toBe(5);
  expect(await tried(at("state/key"), wide)).toContain("There is no file");
  expect(await tried(at("state/transfers/d"), wide)).toBe(5);
});

test("a session in the home folder, or above it, opens nothing of it", () => {
  const sessions = [homedir(), dirname(homedir()), "/", join(homedir(), "work")];
  expect(usualFolders({ repos: ["/srv/a"], sessions, transfers: "/t" })).toEqual([
    "/srv/a",
    join(homedir(), "work"),
    "/t",
  ]);
  expect(holds("/srv/a", "/srv/ab")).toBe(false);
  expect(holds("/srv/a", "/srv/a/..b")).toBe(true);
});
