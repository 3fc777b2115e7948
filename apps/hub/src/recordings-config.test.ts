import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const S3 = {
  RECORDINGS_S3_ENDPOINT: "http://minio:9000",
  RECORDINGS_S3_BUCKET: "recordings",
  RECORDINGS_S3_ACCESS_KEY_ID: "id",
  RECORDINGS_S3_SECRET_ACCESS_KEY: "secret",
};

test("recordings are kept in the data folder, 20 GiB of them", () => {
  const { recordings } = readConfig({ ORCHESTRATIA_HOME: "/srv/hub" });
  expect(recordings).toEqual({ folder: "/srv/hub/recordings", s3: undefined, maxBytes: 20 * 1024 ** 3 });
});

test("they are kept elsewhere when the environment says so", () => {
  expect(readConfig({ RECORDINGS_DIR: "/mnt/big", RECORDINGS_MAX_MB: "1" }).recordings).toMatchObject({
    folder: "/mnt/big",
    maxBytes: 1024 ** 2,
  });
  expect(readConfig(S3).recordings.s3).toEqual({
    endpoint: "http://minio:9000",
    bucket: "recordings",
    region: "us-east-1",
    prefix: "",
    accessKeyId: "id",
    secretAccessKey: "secret",
  });
});

test.each([
  ["RECORDINGS_MAX_MB", { RECORDINGS_MAX_MB: "lots" }],
  ["RECORDINGS_S3_BUCKET: must be set", { ...S3, RECORDINGS_S3_BUCKET: "" }],
  ["RECORDINGS_S3_ENDPOINT", { ...S3, RECORDINGS_S3_ENDPOINT: "minio:9000" }],
  ["RECORDINGS_S3_BUKET: is no setting", { ...S3, RECORDINGS_S3_BUKET: "x" }],
])("%s is a fault", (fault, environment) => {
  expect(() => readConfig(environment)).toThrow(fault);
});
