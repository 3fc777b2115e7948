import { expect, test } from "vitest";
import { hubOfToken } from "./registration.ts";

const encoded = (url: string) => Buffer.from(url).toString("base64url");

test("the hub's address comes from the token; the secret may hold dots", () => {
  expect(hubOfToken(`orcreg_${encoded("https://hub.example/base/")}.se.cr.et`)).toBe("https://hub.example/base");
  expect(hubOfToken(`orcreg_${Buffer.from("http://a").toString("base64")}.x`)).toBe("http://a");
});

test.each([
  "",
  "orcreg_",
  "orcreg_abc",
  `orcreg_${encoded("http://a")}.`,
  `orcreg_${encoded("file:///etc/passwd")}.x`,
  `orcreg_${encoded("http://")}.x`,
  `other_${encoded("http://a")}.x`,
])("%j is no token", (token) => {
  expect(() => hubOfToken(token)).toThrow();
});
