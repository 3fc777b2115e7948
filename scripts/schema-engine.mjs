#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema engine, which the Prisma CLI would otherwise download for every command.
 * It speaks the same JSON-RPC on stdio, served by the WebAssembly build of the same engine from npm.
 * Started by the CLI through PRISMA_SCHEMA_ENGINE_BINARY (see prisma.mjs).
 */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

const hubRequire = createRequire(new URL("../apps/hub/package.json", import.meta.url));
const importFromHub = (name) => import(pathToFileURL(hubRequire.resolve(name)).href);

const { default: pg } = await importFromHub("pg");
const { PrismaPg } = await importFromHub("@prisma/adapter-pg");
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = await importFromHub("@prisma/driver-adapter-utils");

const ENGINE = "@prisma/schema-engine-wasm/schema_engine_bg";
const CHAR_OID = 18;
const TEXT_OID = 25;
/** What JSON-RPC calls "the engine answered with an error of its own". */
const ENGINE_ERROR = 4466;
const connectionErrors = { "3D000": "P1003", ECONNREFUSED: "P1001", "28P01": "P1000" };

// The engine's panic hook writes its message here; there is no other way to learn why it died.
const panic = {
  message: "",
  set_message(message) {
    this.message = message;
  },
};
globalThis.PRISMA_WASM_PANIC_REGISTRY = panic;

function parseArguments(argv) {
  const options = { datasource: {}, datamodels: [], command: undefined, version: false };
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i];
    if (argument === "--version") options.version = true;
    else if (argument === "--datasource") options.datasource = JSON.parse(argv[++i]);
    else if (argument === "--datamodels") options.datamodels.push(argv[++i]);
    else if (argument === "cli") options.command = argv[++i];
    else if (argument.startsWith("--")) i++;
  }
  return options;
}

/** Closes two gaps of the adapter that only a schema engine meets. */
function mendAdapter(adapter) {
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  const charColumns = new WeakMap();

  // The catalogs use the type "char", which the adapter does not know: read it as text and say afterwards what it was.
  adapter.performIO = async (query) => {
    const result = await performIO(query);
    const columns = [];
    result.fields.forEach((field, index) => {
      if (field.dataTypeID !== CHAR_OID) return;
      field.dataTypeID = TEXT_OID;
      columns.push(index);
    });
    charColumns.set(query, columns);
    return result;
  };
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of charColumns.get(query) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  // The adapter splits scripts at every semicolon, function bodies included; Postgres itself knows better.
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  return adapter;
}

const connect = async (connectionString) => mendAdapter(await new PrismaPg({ connectionString }).connect());

class AdapterFactory extends PrismaPg {
  #url;
  #shadowUrl;

  constructor({ url, shadowDatabaseUrl }) {
    super({ connectionString: url });
    this.#url = url;
    this.#shadowUrl = shadowDatabaseUrl;
  }

  async connect() {
    return mendAdapter(await super.connect());
  }

  /** A database to replay migrations in: the configured one, or one made for the moment beside the real one. */
  async connectToShadowDb() {
    if (this.#shadowUrl) return connect(this.#shadowUrl);
    const admin = new pg.Client(this.#url);
    await admin.connect();
    const name = `prisma_shadow_${randomUUID().slice(0, 8)}`;
    await admin.query(`create database "${name}"`);
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    const adapter = await connect(url.href);
    const dispose = adapter.dispose.bind(adapter);
    adapter.dispose = async () => {
      await dispose();
      await admin.query(`drop database if exists "${name}" with (force)`);
      await admin.end();
    };
    return adapter;
  }
}

const engineFolder = () => path.dirname(hubRequire.resolve(ENGINE));

function printVersion() {
  const { version } = JSON.parse(fs.readFileSync(path.join(engineFolder(), "package.json"), "utf8"));
  process.stdout.write(`schema-engine-wasm ${version}\n`);
}

function log(level, message, code) {
  const line = {
    timestamp: new Date().toISOString(),
    level,
    fields: { message, error_code: code },
    target: "schema_engine::logger",
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

async function queryOnce(url, sql) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The one-shot commands `cli can-connect-to-database`, `create-database` and `drop-database`. */
async function runCommand(command, { url }) {
  const name = pg.escapeIdentifier(decodeURIComponent(new URL(url).pathname.slice(1)) || "postgres");
  const admin = new URL(url);
  admin.pathname = "/postgres";
  const commands = {
    "can-connect-to-database": [url, "select 1", "Connection successful"],
    "create-database": [admin.href, `create database ${name}`, "Database created successfully"],
    "drop-database": [
      admin.href,
      `drop database if exists ${name} with (force)`,
      "The database was successfully dropped.",
    ],
  };
  const [target, sql, done] = commands[command] ?? [];
  log("INFO", "schema-engine stand-in"); // the CLI drops the first line of stderr
  if (!sql) {
    log("ERROR", `unknown command: ${command}`);
    return 1;
  }
  try {
    await queryOnce(target, sql);
    log("INFO", done);
    return 0;
  } catch (error) {
    log("ERROR", error.message, connectionErrors[error.code] ?? "P1010");
    return 1;
  }
}

async function loadEngine({ datasource, datamodels }) {
  const glue = await importFromHub(ENGINE);
  const wasm = new WebAssembly.Module(fs.readFileSync(path.join(engineFolder(), "schema_engine_bg.wasm")));
  const instance = new WebAssembly.Instance(wasm, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const models = datamodels.map((file) => [file, fs.readFileSync(file, "utf8")]);
  // Without any datamodel the engine panics, so it gets the smallest one.
  const smallest = [["schema.prisma", 'datasource db {\n  provider = "postgresql"\n}\n']];
  return glue.SchemaEngine.new(
    { datamodels: models.length > 0 ? models : smallest },
    () => {},
    bindMigrationAwareSqlAdapterFactory(new AdapterFactory(datasource)),
  );
}

/** What the next migration would hold: the difference between the migrations so far and the schema. */
async function pendingChange(engine, { migrationsList, schema, filters }) {
  const from =
    migrationsList.migrationDirectories.length > 0 ? { tag: "migrations", ...migrationsList } : { tag: "empty" };
  const to = { tag: "schemaDatamodel", ...schema };
  const { exitCode, stdout } = await engine.diff({ from, to, script: true, exitCode: true, filters });
  return exitCode === 0 ? undefined : stdout;
}

// Where the WebAssembly engine answers as the native one does, a method is passed through; these are the others.
const overrides = {
  async diff(engine, params) {
    const { exitCode, stdout } = await engine.diff(params);
    if (stdout !== null && stdout !== undefined)
      send({ method: "print", id: nextPrintId++, params: { content: stdout } });
    return { exitCode, stdout: null };
  },
  getDatabaseVersion: (engine) => engine.version(),
  // The engine's own createMigration refuses a shadow database that comes from outside.
  async createMigration(engine, params) {
    const sql = await pendingChange(engine, params);
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    return {
      connectorType: "postgresql",
      generatedMigrationName: `${stamp}_${params.migrationName || "migration"}`,
      migrationScript: sql ?? (params.draft ? "-- This is an empty migration." : null),
      extension: "sql",
    };
  },
  async evaluateDataLoss(engine, params) {
    const sql = await pendingChange(engine, params);
    const drops = [...(sql ?? "").matchAll(/^(?:DROP TABLE .*|.*DROP COLUMN .*)$/gm)];
    return {
      migrationSteps: sql ? 1 : 0,
      unexecutableSteps: [],
      warnings: drops.map(([statement], stepIndex) => ({ message: `data loss: ${statement}`, stepIndex })),
    };
  },
  createDatabase: () => ({}),
  ensureConnectionValidity: () => ({}),
};

let nextPrintId = 1;

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

function sendError(id, error, { isPanic = false } = {}) {
  const message = (error?.name === "RuntimeError" ? panic.message : error?.message) || String(error);
  const data = { is_panic: isPanic, message, error_code: error?.code ?? null, meta: error?.meta ?? null };
  send({ id, error: { code: ENGINE_ERROR, message: "An error happened. Check the data field for details.", data } });
}

function serve(options) {
  let engine;
  let current;
  let queue = Promise.resolve();

  const answer = async ({ id, method, params }) => {
    current = id;
    try {
      engine ??= await loadEngine(options);
      const override = overrides[method];
      const result = override ? await override(engine, params) : await engine[method](params);
      send({ id, result: result ?? {} });
    } catch (error) {
      sendError(id, error);
    }
  };

  // A panic inside the engine surfaces here, not in the promise that waits for it.
  process.on("uncaughtException", (error) => {
    if (current !== undefined) sendError(current, error);
    process.exitCode = 1;
    process.stdin.destroy();
    setTimeout(() => process.exit(1), 50);
  });

  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    if (!line.trim()) return;
    const request = JSON.parse(line);
    if (request.method) queue = queue.then(() => answer(request));
  });
  lines.on("close", () => queue.then(() => process.exit()));
}

const options = parseArguments(process.argv.slice(2));
if (options.version) printVersion();
else if (options.command) process.exit(await runCommand(options.command, options.datasource));
else serve(options);
