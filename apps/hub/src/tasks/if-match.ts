import { Problem } from "@orchestratia/protocol/problems";

/** The task's version as an ETag. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that an If-Match header asks for, strong or weak; undefined for `*` and without a header: any will do.
 * Throws version_conflict for a tag that no version of a task can have.
 */
export function versionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === "*") return undefined;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch.trim())?.[1];
  if (version === undefined) {
    throw new Problem(
      "version_conflict",
      `If-Match must be the ETag of the task as you read it, such as ${etagOf(3)}.`,
    );
  }
  return Number(version);
}
