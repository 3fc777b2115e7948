import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { databaseUrl, execute } from "./admin-sql.ts";
import type { TestServer } from "./global-setup.ts";

/** A database of the test's own, gone with the scope: `await using db = await createTestDatabase()`. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** A fresh copy of the migrated template. */
export const createTestDatabase = async (): Promise<TestDatabase> => copyOf((await testServer()).template);

/** A database with nothing in it, for tests of the migrations themselves. */
export const createEmptyDatabase = (): Promise<TestDatabase> => copyOf("template1");

let server: Promise<TestServer> | undefined;

/** The Postgres server of this test run. */
export function testServer(): Promise<TestServer> {
  server ??= askForServer();
  return server;
}

async function askForServer(): Promise<TestServer> {
  const response = await fetch(inject("testServerUrl"));
  if (!response.ok) throw new Error(`no Postgres for the tests: ${await response.text()}`);
  return (await response.json()) as TestServer;
}

async function copyOf(template: string): Promise<TestDatabase> {
  const { url } = await testServer();
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await execute(url, `create database ${name} template ${template}`);
  return {
    url: databaseUrl(url, name),
    [Symbol.asyncDispose]: () => execute(url, `drop database if exists ${name} with (force)`),
  };
}
