import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { stalePages, writePages } from "./docs/pages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

async function copyOfDocs() {
  const folder = await mkdtemp(path.join(tmpdir(), "orc-docs-"));
  await cp(path.join(root, "docs"), path.join(folder, "docs"), { recursive: true });
  return {
    folder,
    read: (page: string) => readFile(path.join(folder, page), "utf8"),
    async change(page: string, before: string, after: string) {
      const text = await this.read(page);
      expect(text).toContain(before);
      await writeFile(path.join(folder, page), text.replace(before, after));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("the pages say what the code says; after a change: node scripts/docs.mjs", async () => {
  await expect(run(process.execPath, ["scripts/docs.mjs", "--check"], { cwd: root })).resolves.toBeDefined();
});

test("a part that says something else is found, and made anew without touching the rest", async () => {
  await using docs = await copyOfDocs();
  await docs.change("docs/concepts.md", "+100", "+101");
  await docs.change("docs/api.md", "GET /api/v1/server/status", "GET /api/v1/server/state");
  expect(await stalePages(docs.folder)).toEqual(["docs/concepts.md", "docs/api.md"]);
  expect(await writePages(docs.folder)).toEqual(["docs/concepts.md", "docs/api.md"]);
  expect(await docs.read("docs/api.md")).toBe(await readFile(path.join(root, "docs/api.md"), "utf8"));
  expect(await stalePages(docs.folder)).toEqual([]);
});

test("a part without its place, and a place without its part, are mistakes", async () => {
  await using docs = await copyOfDocs();
  await docs.change("docs/protocol.md", "<!-- generated: close codes -->", "");
  await expect(stalePages(docs.folder)).rejects.toThrow(
    'docs/protocol.md: there is no place for the part "close codes"',
  );
  await docs.change("docs/protocol.md", "## Close codes", "<!-- generated: closing codes -->");
  await expect(stalePages(docs.folder)).rejects.toThrow('nobody makes the part "closing codes"');
});

/** How GitHub names a heading in addresses. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");

async function headingsOf(page: string): Promise<string[]> {
  const text = await readFile(page, "utf8");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));
}

test("every link between the pages leads somewhere", async () => {
  const docs = path.join(root, "docs");
  const pages = (await readdir(docs)).filter((name) => name.endsWith(".md"));
  const links = await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(path.join(docs, page), "utf8");
      return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, file, anchor]) => ({
        page,
        target: path.join(docs, file || page),
        anchor,
      }));
    }),
  );
  const broken: string[] = [];
  for (const { page, target, anchor } of links.flat()) {
    const fits = existsSync(target) && (anchor === undefined || (await headingsOf(target)).includes(anchor));
    if (!fits) broken.push(`${page}: ${path.relative(docs, target)}#${anchor ?? ""}`);
  }
  expect(links.flat().length).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});
