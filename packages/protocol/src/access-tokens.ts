import { z } from "zod";
import { Moment, ProjectId, ProjectRef, UserId } from "./vocabulary.ts";

export const TokenScope = z.enum(["read", "write"]).meta({ id: "TokenScope" });

/** A token that somebody made for a program; it opens what they may, or less. */
export const AccessToken = z
  .object({
    id: z.uuid(),
    user_id: UserId.describe("Whose it is"),
    name: z.string(),
    prefix: z
      .string()
      .describe("How the token begins, to know it again")
      .meta({ examples: ["orct_Zm9vYm"] }),
    scope: TokenScope.describe("read: looks and changes nothing; write: whatever its owner may"),
    projects: z
      .array(z.object({ id: ProjectId, key: z.string().nullable().describe("Null: the project is gone") }))
      .nullable()
      .describe("The only projects that it opens; null: every project of its owner, now and later"),
    created_at: Moment,
    expires_at: Moment.nullable().describe("Null: never"),
    last_used_at: Moment.nullable().describe("To the minute"),
  })
  .meta({ id: "AccessToken" });
export type AccessToken = z.infer<typeof AccessToken>;

export const NewAccessToken = z
  .object({
    name: z
      .string()
      .trim()
      .min(1)
      .max(120)
      .describe("What it is for")
      .meta({ examples: ["Nightly build"] }),
    scope: TokenScope.default("write").describe("read: it looks and changes nothing; write: whatever its owner may"),
    projects: z
      .array(ProjectRef)
      .min(1)
      .max(100)
      .nullish()
      .describe("Ids or keys of the only projects that it opens; left out: every project of its owner"),
    expires_in_days: z.number().int().min(1).max(365).default(90),
  })
  .meta({ id: "NewAccessToken" });
export type NewAccessToken = z.infer<typeof NewAccessToken>;

export const MadeAccessToken = AccessToken.extend({
  token: z
    .string()
    .describe("The token itself; it is shown this once")
    .meta({ examples: ["orct_example"] }),
}).meta({ id: "MadeAccessToken" });
