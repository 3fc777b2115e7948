import { randomBytes } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import { expect, test } from "vitest";
import { SecretBox } from "../secrets/secret-box.ts";
import { newFlow, openFlow, sealFlow } from "./flow.ts";

const box = new SecretBox([{ id: "a", key: randomBytes(32) }]);
const flow = newFlow({ provider: "github", next: "/projects" });
const { provider, state } = flow;

test("a flow comes back as it was, to the provider and with the state that it left with", () => {
  expect(openFlow(box, sealFlow(box, flow), { provider, state })).toEqual(flow);
});

test("each flow has secrets of its own", () => {
  const other = newFlow({ provider: "github", next: "/projects" });
  for (const name of ["state", "nonce", "codeVerifier"] as const) {
    expect(flow[name].length).toBeGreaterThanOrEqual(43);
    expect(other[name]).not.toBe(flow[name]);
  }
});

test.each([
  ["no cookie", undefined, { provider, state }],
  ["another provider's", sealFlow(box, flow), { provider: "google", state }],
  ["another state", sealFlow(box, flow), { provider, state: `${state.slice(1)}x` }],
  ["no state", sealFlow(box, flow), { provider, state: undefined }],
  ["one that took ten minutes", sealFlow(box, { ...flow, expiresAt: Date.now() - 1 }), { provider, state }],
  ["one that was sealed for something else", box.seal(JSON.stringify(flow), "something else"), { provider, state }],
  ["one of another form", box.seal("{}", "sign-in flow"), { provider, state }],
])("%s is refused", (_, sealed, answer) => {
  const open = () => openFlow(box, sealed, answer);
  expect(open).toThrow(Problem);
  expect(open).toThrow("oauth_expired");
});
