import path from "node:path";
import { z } from "zod";
import type { S3Settings } from "./recordings/s3-store.ts";

/** Where recordings are kept, and how much of them. */
export interface RecordingsConfig {
  folder: string;
  /** Instead of the folder. */
  s3: S3Settings | undefined;
  maxBytes: number;
}

const MEBIBYTE = 1024 * 1024;
const PREFIX = "RECORDINGS_S3_";

const Settings = z.object({
  RECORDINGS_DIR: z.string().min(1).optional(),
  RECORDINGS_MAX_MB: z.coerce.number().int().min(1).max(1_000_000_000).default(20_480),
});

/** What may follow `RECORDINGS_S3_`. */
const S3 = z.strictObject({
  ENDPOINT: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
  BUCKET: z.string().min(1),
  REGION: z.string().min(1).default("us-east-1"),
  PREFIX: z.string().default(""),
  ACCESS_KEY_ID: z.string().min(1),
  SECRET_ACCESS_KEY: z.string().min(1),
});

/** What the environment says, and what is wrong with it: a line for each variable. */
export function readRecordingsConfig(
  environment: Record<string, string | undefined>,
  home: string,
): { recordings: RecordingsConfig; faults: string[] } {
  const settings = Settings.safeParse(environment);
  const faults = settings.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
  const given = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith(PREFIX) && value !== undefined ? [[name.slice(PREFIX.length), value] as const] : [],
  );
  const s3 = given.length > 0 ? S3.safeParse(Object.fromEntries(given)) : undefined;
  for (const issue of s3?.error?.issues ?? []) {
    const names = issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0])];
    for (const name of names) faults.push(`${PREFIX}${name}: ${sentence(issue)}`);
  }
  const folder = settings.data?.RECORDINGS_DIR;
  const found = s3?.data;
  return {
    recordings: {
      folder: folder === undefined ? path.join(home, "recordings") : path.resolve(folder),
      s3: found && {
        endpoint: found.ENDPOINT,
        bucket: found.BUCKET,
        region: found.REGION,
        prefix: found.PREFIX,
        accessKeyId: found.ACCESS_KEY_ID,
        secretAccessKey: found.SECRET_ACCESS_KEY,
      },
      maxBytes: (settings.data?.RECORDINGS_MAX_MB ?? 0) * MEBIBYTE,
    },
    faults,
  };
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return "is no setting of the hub";
  return issue.code === "invalid_type" ? "must be set" : issue.message;
}
