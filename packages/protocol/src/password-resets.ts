import { z } from "zod";
import { Password } from "./people.ts";
import { Moment } from "./vocabulary.ts";

export const MadePasswordReset = z
  .object({
    token: z.string(),
    link: z.string().describe("To hand over; it is shown this once, serves once and for 24 hours"),
    expires_at: Moment,
  })
  .meta({ id: "MadePasswordReset" });

export const PasswordResetToken = z
  .object({ token: z.string().min(1).max(200).describe("What the link carries") })
  .meta({ id: "PasswordResetToken" });

/** For whom the link is. */
export const OpenPasswordReset = z
  .object({ name: z.string(), email: z.string(), expires_at: Moment })
  .meta({ id: "OpenPasswordReset" });

export const ResetPassword = PasswordResetToken.extend({ password: Password }).meta({ id: "ResetPassword" });
