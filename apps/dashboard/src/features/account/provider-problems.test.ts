import { expect, test } from "vitest";
import { providerProblem } from "./provider-problems.ts";

test("a code that the hub sends back becomes a sentence", () => {
  expect(providerProblem("not_invited")).toContain("Ask an admin");
});

test("what somebody else wrote into the address is not repeated on the page", () => {
  for (const code of ["Call 555-1234 at once", "constructor", "__proto__", ""]) {
    expect(providerProblem(code)).toBe("The sign-in with the provider did not work. Try again.");
  }
});
