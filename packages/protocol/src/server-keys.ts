import { z } from "zod";
import { Actor, Moment } from "./vocabulary.ts";

const DAY_S = 86_400;

/** A key that a server signs in with; the key itself was shown once. */
export const ServerKey = z
  .object({
    id: z.uuid(),
    prefix: z.string().describe("Its first characters; empty for one from before they were kept"),
    created_at: Moment,
    last_used_at: Moment.nullable().describe("To the minute"),
    expires_at: Moment.nullable(),
    revoked_at: Moment.nullable(),
    good: z.boolean().describe("False once it has expired or was revoked"),
  })
  .meta({ id: "ServerKey" });
export type ServerKey = z.infer<typeof ServerKey>;

export const NewServerKey = z
  .object({
    overlap_seconds: z
      .number()
      .int()
      .min(0)
      .max(30 * DAY_S)
      .default(DAY_S)
      .describe("How long the keys before go on; 0 ends them at once"),
  })
  .meta({ id: "NewServerKey" });

export const RotatedServerKey = z
  .object({
    key: ServerKey,
    api_key: z.string().describe("Shown now and never again"),
    others_expire_at: Moment,
  })
  .meta({ id: "RotatedServerKey" });

/** A registration token that was made; the token itself was shown once. */
export const RegistrationTokenInfo = z
  .object({
    id: z.uuid(),
    created_by: Actor,
    created_at: Moment,
    expires_at: Moment,
    used_at: Moment.nullable(),
    revoked_at: Moment.nullable(),
    server_id: z.uuid().nullable().describe("What registered with it"),
    good: z.boolean().describe("A machine could register with it now"),
  })
  .meta({ id: "RegistrationTokenInfo" });
export type RegistrationTokenInfo = z.infer<typeof RegistrationTokenInfo>;
