import { expect, test } from "vitest";
import type { Sql, Statement } from "../db/transaction.ts";
import { until } from "../testing/until.ts";
import { type Forgotten, type Found, Identities, isForgotten } from "./identities.ts";
import { secretHash } from "./secret-hash.ts";
import { SignInTokens } from "./sign-in-token.ts";

/** Answers each query when told to. */
function heldSql() {
  const waiting: ((rows: unknown[]) => void)[] = [];
  const asked: Statement[] = [];
  const sql: Sql = {
    query: <Row>(statement: Statement) => {
      asked.push(statement);
      return new Promise<Row[]>((resolve) => waiting.push(resolve as (rows: unknown[]) => void));
    },
  };
  return { sql, asked, answer: (...rows: unknown[]) => waiting.shift()?.(rows) };
}

const SERVER = { id: "5a0f1c86-8f0e-4f5a-9a0e-0a8b8b2c9d11", name: "box", project_id: "p" };

function open() {
  const held = heldSql();
  return { ...held, identities: new Identities(held.sql, new SignInTokens("secret", "instance")) };
}

test("many that come at once with one key are one question, and later ones none", async () => {
  const { identities, asked, answer } = open();
  const found = [identities.find("orc_key"), identities.find("orc_key"), identities.find("orc_key")];
  answer(SERVER);
  for (const identity of await Promise.all(found))
    expect(identity?.caller).toMatchObject({ kind: "server", name: "box" });
  await identities.find("orc_key");
  expect(asked).toHaveLength(1);
});

test("what was forgotten while it was asked for is asked for again, and the old answer is given to nobody", async () => {
  const { identities, asked, answer } = open();
  const early = identities.find("orc_key");
  identities.forget(secretHash("orc_key"));
  answer(SERVER);
  await until(() => asked.length === 2);
  answer();
  expect(await early).toBeUndefined();
});

test("who listens is told what was forgotten, once it is", async () => {
  const { identities, asked, answer } = open();
  const found = identities.find("orc_key");
  answer(SERVER);
  const told: Forgotten[] = [];
  let again: Promise<unknown> | undefined;
  const stop = identities.onForgotten((forgotten) => {
    told.push(forgotten);
    again = identities.find("orc_key");
  });
  const hash = secretHash("orc_key");
  expect(isForgotten((await found) as Found, { hash })).toBe(true);
  expect(isForgotten((await found) as Found, { userId: SERVER.id })).toBe(false);
  identities.forget(hash);
  answer();
  expect(await again).toBeUndefined();
  expect(asked).toHaveLength(2);
  stop();
  identities.forgetUser("u");
  expect(told).toEqual([{ hash }]);
});

test("a key that opened nothing is looked for each time: it may have been made since", async () => {
  const { identities, answer } = open();
  const early = identities.find("orc_key");
  answer();
  expect(await early).toBeUndefined();
  const late = identities.find("orc_key");
  answer(SERVER);
  expect(await late).toBeDefined();
});

test("what is no token of ours costs no question", async () => {
  const { identities, asked } = open();
  expect(await identities.find("eyJhbGciOiJub25lIn0.e30.")).toBeUndefined();
  expect(asked).toHaveLength(0);
});
