import { expect, test } from "vitest";
import { Setup } from "./people.ts";
import { Registration, ServerChanges } from "./servers.ts";
import { NewSession } from "./sessions.ts";
import { OwnChanges } from "./users.ts";

const DOORS: [string, (name: string) => boolean][] = [
  ["a session", (name) => NewSession.safeParse({ server_id: "1c1b3a52-3c5c-4a7e-9d0f-6f6a3f1d2b10", name }).success],
  ["a server that registers", (name) => Registration.safeParse({ name, registration_token: "x" }).success],
  ["a server that is renamed", (name) => ServerChanges.safeParse({ name }).success],
  ["a person", (name) => OwnChanges.safeParse({ name }).success],
  [
    "the first person",
    (name) => Setup.safeParse({ token: "x", email: "ada@example.org", password: "long enough for all", name }).success,
  ],
];

test.each(DOORS)("the name of %s has nothing in it that a terminal would act on", (_, accepts) => {
  for (const name of ["build box 1", "Grüße 👩‍💻", "a-b_c.d", "  spaces around  "])
    expect([name, accepts(name)]).toEqual([name, true]);
  for (const bad of ["\n", "\r", "\t", "\x1b[2J", "\x03", "\x7f", "\u009b31m", "\u0085", "\u2028", "\u2029"]) {
    expect([bad, accepts(`a${bad}b`)]).toEqual([bad, false]);
  }
});
