import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../db/embedded-postgres.ts";
import { applyMigrations } from "../db/migrate.ts";
import { databaseUrl, execute } from "./admin-sql.ts";
import { createScratchFolder } from "./scratch-folder.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers every request with a `TestServer` as JSON. */
    testServerUrl: string;
  }
}

/** Where tests find Postgres, and the name of the migrated database they copy. */
export interface TestServer {
  url: string;
  template: string;
}

/** One Postgres for the whole run: started when a test first asks for it, since many runs hold none that does. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cleanUp: (() => Promise<void>)[] = [];
  let server: Promise<TestServer> | undefined;

  const door = createServer(async (_request, response) => {
    try {
      server ??= prepare(cleanUp);
      response.end(JSON.stringify(await server));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  project.provide("testServerUrl", `http://127.0.0.1:${(door.address() as AddressInfo).port}/`);

  return async () => {
    door.close();
    door.closeAllConnections();
    for (const step of cleanUp.reverse()) await step();
  };
}

async function prepare(cleanUp: (() => Promise<void>)[]): Promise<TestServer> {
  const url = process.env.ORCHESTRATIA_TEST_DATABASE_URL ?? (await startThrowAwayServer(cleanUp)).url;
  const template = `orchestratia_template_${process.pid}`;
  await execute(url, `drop database if exists ${template} with (force)`);
  await execute(url, `create database ${template}`);
  cleanUp.push(() => execute(url, `drop database if exists ${template} with (force)`));
  await applyMigrations(databaseUrl(url, template));
  return { url, template };
}

async function startThrowAwayServer(cleanUp: (() => Promise<void>)[]): Promise<EmbeddedPostgres> {
  const home = await createScratchFolder("orchestratia-tests-");
  const server = await startEmbeddedPostgres({
    home,
    log: { info() {}, warn: console.warn },
    // A worker of the superuser's that cleans up in a test's database could not be ended when that database is dropped.
    settings: { fsync: "off", full_page_writes: "off", max_connections: "400", autovacuum: "off" },
  });
  const folders = [home, server.outsideFolder].filter((folder) => folder !== undefined);

  // A run that is broken off without its teardown still takes its server along.
  const abandon = () => {
    try {
      process.kill(server.pid, "SIGQUIT");
    } catch {
      // It is gone already.
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", abandon);
  cleanUp.push(async () => {
    process.off("exit", abandon);
    await server.stop();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  return server;
}
