import type { UserId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import type { Caller } from "../access/caller.ts";
import type { Sql } from "../db/transaction.ts";
import { Denials } from "./denials.ts";

function open() {
  const facts: { actor: { name: string }; details: Record<string, unknown> }[] = [];
  const sql: Sql = {
    query: async (_statement, values) => {
      facts.push(...JSON.parse(String(values?.[0])));
      return [];
    },
  };
  const clock = { now: 1_000_000 };
  return { facts, clock, denials: new Denials(sql, { wake() {} }, () => clock.now) };
}

const person = (id: string): Caller => ({ kind: "user", id: id as UserId, name: id, email: "a@b", role: "viewer" });
const denial = (
  caller: Caller | undefined,
  operation = "updateProject",
  address = "192.0.2.7",
  projectId: string | null = null,
) => ({
  operation,
  problem: "forbidden" as const,
  caller,
  address,
  projectId,
  asked: undefined,
});

test("the same caller and operation are recorded once a minute", async () => {
  const { facts, clock, denials } = open();
  for (let n = 0; n < 100; n += 1) await denials.record(denial(person("ada")));
  expect(facts).toHaveLength(1);
  await denials.record(denial(person("ada"), "cancelTask"));
  await denials.record(denial(person("bob")));
  expect(facts).toHaveLength(3);
  clock.now += 60_000;
  await denials.record(denial(person("ada")));
  expect(facts).toHaveLength(4);
});

test("strangers are told apart by their address and not by what they try", async () => {
  const { facts, denials } = open();
  for (const operation of ["updateProject", "cancelTask", "me"]) await denials.record(denial(undefined, operation));
  await denials.record(denial(undefined, "me", "192.0.2.8"));
  expect(facts.map(({ actor }) => actor.name)).toEqual(["192.0.2.7", "192.0.2.8"]);
});

test("however many knock, no more than 300 a minute are recorded", async () => {
  const { facts, clock, denials } = open();
  for (let n = 0; n < 1_000; n += 1) await denials.record(denial(undefined, "me", `192.0.2.${n}`));
  expect(facts).toHaveLength(300);
  clock.now += 60_000;
  await denials.record(denial(undefined, "me", "198.51.100.1"));
  expect(facts).toHaveLength(301);
});

test("who is refused in two projects is told of in both", async () => {
  const { facts, denials } = open();
  for (const project of ["one", "two", "one", null]) {
    await denials.record(denial(person("ada"), "updateProject", "192.0.2.7", project));
  }
  expect(facts).toMatchObject([{ project_id: "one" }, { project_id: "two" }, { project_id: null }]);
});

test("strangers of one IPv6 network of 64 bits are one", async () => {
  const { facts, denials } = open();
  for (let n = 1; n < 10; n += 1) await denials.record(denial(undefined, "me", `2001:db8:1:2::${n}`));
  expect(facts.map(({ actor }) => actor.name)).toEqual(["2001:db8:1:2::1"]);
});
