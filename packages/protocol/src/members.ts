import { z } from "zod";
import { Email } from "./people.ts";
import { Moment, ProjectRole, UserId } from "./vocabulary.ts";

/** Somebody with a role in a project. */
export const Member = z
  .object({
    user_id: UserId,
    name: z.string(),
    email: z.string(),
    role: ProjectRole,
    since: Moment.describe("Since when they have been in the project"),
  })
  .meta({ id: "Member" });
export type Member = z.infer<typeof Member>;

export const NewMember = z
  .object({
    user_id: UserId.optional(),
    email: Email.optional().describe("Instead of user_id: the address that somebody's account has"),
    role: ProjectRole,
  })
  .refine(({ user_id, email }) => (user_id === undefined) !== (email === undefined), "Name either user_id or email")
  .meta({
    id: "NewMember",
    examples: [{ email: "ada@example.org", role: "member" }],
  });

export const MemberChange = z.object({ role: ProjectRole }).meta({ id: "MemberChange" });
