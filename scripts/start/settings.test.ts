import { expect, test } from "vitest";
import { hubEnvironment, partEnvironment } from "./settings.mjs";

test("only the hub is told what the database and sign-in providers are opened with", () => {
  const secrets = {
    DATABASE_URL: "postgres://secret",
    OAUTH_GITHUB_CLIENT_SECRET: "secret",
    OAUTH_OIDC_CLIENT_SECRET: "secret",
    ORCHESTRATIA_SECRET_KEYS: "a:secret",
    RECORDINGS_S3_SECRET_ACCESS_KEY: "secret",
  };
  const environment = { ...secrets, PUBLIC_URL: "", PATH: "/bin", OAUTH_TOKEN: "of another program" };
  expect(hubEnvironment(environment)).toEqual(secrets);
  expect(partEnvironment({ home: "/home" }, environment)).toEqual({
    PATH: "/bin",
    OAUTH_TOKEN: "of another program",
    ORCHESTRATIA_HOME: "/home",
  });
});
