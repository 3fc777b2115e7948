import { expect, test } from "vitest";
import { mustBeStrongPassword } from "./password-rule.ts";

const ADA = { email: "ada.lovelace@example.org", name: "Ada Lovelace" };

test.each([
  "ada.lovelace@example.org",
  "ADA.Lovelace",
  "Ada Lovelace",
  "adalovelace1815",
  "ada-lovelace!!",
  "adalovelaceadalovelace",
  "example.org",
  "aaaaaaaaaaaa",
  "abababababab",
])("%s is refused as weak", (password) => {
  expect(() => mustBeStrongPassword(password, ADA)).toThrow(expect.objectContaining({ code: "password_weak" }));
});

test.each(["correct horse battery", "Ada likes looms 1843", "!§$%&/()=?", "8301948201"])(
  "%s is let pass",
  (password) => {
    expect(() => mustBeStrongPassword(password, ADA)).not.toThrow();
  },
);

test("a name without letters makes nothing weak", () => {
  expect(() => mustBeStrongPassword("!§$%&/()=?", { email: "x@example.org", name: "***" })).not.toThrow();
});
