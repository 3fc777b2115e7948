import { homedir } from "node:os";
import { expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

test("an empty environment has a whole configuration, on loopback", () => {
  expect(readConfig({ PORT: "" })).toMatchObject({
    home: `${homedir()}/.orchestratia`,
    port: 8000,
    host: "127.0.0.1",
    publicUrl: undefined,
    databaseUrl: undefined,
    trustProxy: false,
    logLevel: "info",
  });
});

test("every wrong variable is named at once", () => {
  const read = () =>
    readConfig({ PORT: "http", PUBLIC_URL: "hub.example", DATABASE_URL: "mysql://x", LOG_LEVEL: "loud" });
  expect(read).toThrow(ConfigError);
  for (const name of ["PORT", "PUBLIC_URL", "DATABASE_URL", "LOG_LEVEL"]) expect(read).toThrow(name);
});

test.each([
  ["true", true],
  ["off", false],
  ["0", false],
  ["2", 2],
  ["10.0.0.1, 10.0.0.0/8", ["10.0.0.1", "10.0.0.0/8"]],
])("TRUST_PROXY=%s", (given, trustProxy) => {
  expect(readConfig({ TRUST_PROXY: given })).toMatchObject({ trustProxy });
});

test("addresses lose a slash at their end, as paths are put behind them", () => {
  expect(readConfig({ PUBLIC_URL: "https://hub.example/team/" })).toMatchObject({
    publicUrl: "https://hub.example/team",
  });
});
