import { NewOauthProvider, OauthProviderChanges } from "@orchestratia/protocol/oauth";
import { expect, test } from "vitest";
import { changesOf, draftErrors, NEW_DRAFT, newProviderOf, withKind } from "./provider-draft.ts";

const filled = { ...NEW_DRAFT, client_id: " id ", client_secret: "secret", domains: "Example.org,  two.example" };

test("a kind names the provider until somebody does", () => {
  expect(withKind(NEW_DRAFT, "github").id).toBe("github");
  expect(withKind({ ...NEW_DRAFT, id: "ours" }, "oidc")).toMatchObject({ id: "ours", kind: "oidc" });
});

test("what the form sends is what the hub takes", () => {
  expect(draftErrors(filled, true)).toEqual({});
  expect(NewOauthProvider.parse(newProviderOf(filled))).toMatchObject({
    client_id: "id",
    allowed_domains: ["example.org", "two.example"],
  });
  const kept = OauthProviderChanges.parse(changesOf({ ...filled, client_secret: " " }));
  expect(kept).not.toHaveProperty("client_secret");
});

test.each([
  ["id", { id: "Ours" }],
  ["issuer", { kind: "oidc" as const, issuer: "id.example.org" }],
  ["client_id", { client_id: " " }],
  ["client_secret", { client_secret: "" }],
  ["domains", { domains: "example.org, @home" }],
])("%s is asked for in words", (field, change) => {
  expect(Object.keys(draftErrors({ ...filled, ...change }, true))).toEqual([field]);
});

test("a provider that there is keeps its secret when none is given", () => {
  expect(draftErrors({ ...filled, client_secret: "" }, false)).toEqual({});
});
