import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { databaseUrl } from "../testing/admin-sql.ts";
import { createEmptyDatabase } from "../testing/test-database.ts";
import { applyMigrations } from "./migrate.ts";

const script = fileURLToPath(new URL("../../../../scripts/prisma.mjs", import.meta.url));

interface Outcome {
  code: number;
  output: string;
}

/** Runs Prisma's own CLI as a developer would. */
async function prisma(url: string, ...args: string[]): Promise<Outcome> {
  const env = { ...process.env, DATABASE_URL: url, SHADOW_DATABASE_URL: "" };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], { env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

const diff = ["migrate", "diff", "--from-migrations", "prisma/migrations", "--exit-code"];

test("the migrations lead exactly to the schema", async () => {
  await using db = await createEmptyDatabase();
  const outcome = await prisma(db.url, ...diff, "--to-schema", "prisma/schema.prisma");
  expect(outcome).toEqual({ code: 0, output: expect.stringContaining("No difference detected") });
});

test("the check sees a table that only the schema has", async () => {
  await using db = await createEmptyDatabase();
  const outcome = await prisma(db.url, ...diff, "--to-empty");
  expect(outcome).toEqual({ code: 2, output: expect.stringContaining("tasks") });
});

test("Prisma's own tools agree that the hub's migrations are all applied", async () => {
  await using db = await createEmptyDatabase();
  expect(await prisma(db.url, "migrate", "status")).toEqual({
    code: 1,
    output: expect.stringContaining("have not yet been applied"),
  });
  await applyMigrations(db.url);
  expect(await prisma(db.url, "migrate", "status")).toEqual({
    code: 0,
    output: expect.stringContaining("Database schema is up to date"),
  });
  expect(await prisma(db.url, "migrate", "deploy")).toEqual({
    code: 0,
    output: expect.stringContaining("No pending migrations"),
  });
});

test("a database that does not answer is reported, not taken for a good one", async () => {
  const outcome = await prisma(databaseUrl("postgres://nobody:x@127.0.0.1:1/", "none"), "migrate", "status");
  expect(outcome).toEqual({ code: 1, output: expect.stringContaining("P1001") });
});
