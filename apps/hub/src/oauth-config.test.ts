import { expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const CLIENT = { OAUTH_GITHUB_CLIENT_ID: "Iv1.1", OAUTH_GITHUB_CLIENT_SECRET: "secret" };

test("without a variable of its own there is no provider", () => {
  expect(readConfig({}).oauthProviders).toEqual([]);
  expect(readConfig({ OAUTH_GITHUB_TOKEN: "of another program" }).oauthProviders).toEqual([]);
});

test("an id and a secret of a client are enough for Google and GitHub", () => {
  const google = { OAUTH_GOOGLE_CLIENT_ID: "g", OAUTH_GOOGLE_CLIENT_SECRET: "s", OAUTH_GOOGLE_NAME: "" };
  expect(readConfig({ ...CLIENT, ...google }).oauthProviders).toMatchObject([
    { id: "google", kind: "google", name: "Google", issuer: "https://accounts.google.com", clientSecret: "s" },
    {
      id: "github",
      kind: "github",
      name: "GitHub",
      issuer: "https://github.com",
      clientId: "Iv1.1",
      clientSecret: "secret",
      allowedDomains: [],
      linkVerifiedEmail: false,
      enabled: true,
    },
  ]);
});

test("everything about a provider can be said", () => {
  const environment = {
    OAUTH_OIDC_CLIENT_ID: "hub",
    OAUTH_OIDC_CLIENT_SECRET: "secret",
    OAUTH_OIDC_ISSUER: "https://login.example.org/realms/main",
    OAUTH_OIDC_NAME: "The company",
    OAUTH_OIDC_ALLOWED_DOMAINS: "Example.org, example.com",
    OAUTH_OIDC_LINK_VERIFIED_EMAIL: "yes",
  };
  expect(readConfig(environment).oauthProviders).toEqual([
    {
      id: "oidc",
      kind: "oidc",
      name: "The company",
      issuer: "https://login.example.org/realms/main",
      clientId: "hub",
      clientSecret: "secret",
      allowedDomains: ["example.org", "example.com"],
      linkVerifiedEmail: true,
      enabled: true,
    },
  ]);
});

test.each([
  ["half a client", { OAUTH_GITHUB_CLIENT_ID: "Iv1.1" }, "OAUTH_GITHUB_CLIENT_SECRET: must be set"],
  ["no issuer", { OAUTH_OIDC_CLIENT_ID: "hub", OAUTH_OIDC_CLIENT_SECRET: "s" }, "OAUTH_OIDC_ISSUER: must be set"],
  [
    "an unencrypted issuer",
    { ...CLIENT, OAUTH_GITHUB_ISSUER: "http://github.example" },
    "OAUTH_GITHUB_ISSUER: must be https",
  ],
  [
    "a domain that is none",
    { ...CLIENT, OAUTH_GITHUB_ALLOWED_DOMAINS: "example" },
    "OAUTH_GITHUB_ALLOWED_DOMAINS: must be",
  ],
  ["a misspelt variable", { ...CLIENT, OAUTH_GITHUB_SECRET: "s" }, "OAUTH_GITHUB_SECRET: is no setting"],
  [
    "neither yes nor no",
    { ...CLIENT, OAUTH_GITHUB_LINK_VERIFIED_EMAIL: "maybe" },
    "OAUTH_GITHUB_LINK_VERIFIED_EMAIL: ",
  ],
])("%s is refused by name, and without the secret", (_, environment, words) => {
  const read = () => readConfig({ PORT: "http", ...environment });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(words);
  expect(read).toThrow("PORT");
  expect(read).not.toThrow(/Iv1|secret"/);
});
