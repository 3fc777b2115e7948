import { Problem } from "@orchestratia/protocol/problems";
import { expect, test } from "vitest";
import { LinkAttempts } from "./link-attempts.ts";

test("links that open nothing count for all of an IPv6 network of 64 bits, and for no other", async () => {
  const attempts = new LinkAttempts();
  const wrong = (address: string) =>
    attempts.limit(address, () => Promise.reject(new Problem("token_invalid"))).catch(({ code }: Problem) => code);
  for (let n = 1; n <= 20; n += 1) expect(await wrong(`2001:db8:1:2::${n}`)).toBe("token_invalid");
  expect(await wrong("2001:db8:1:2:ffff::1")).toBe("too_many_requests");
  expect(await wrong("2001:db8:1:3::1")).toBe("token_invalid");
});
