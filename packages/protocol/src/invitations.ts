import { z } from "zod";
import { Email, Password } from "./people.ts";
import { plainName } from "./plain-name.ts";
import { GlobalRole, Moment, ProjectId, ProjectRef, ProjectRole, UserId } from "./vocabulary.ts";

const email = Email.optional().describe("Whom alone the link is for; without it, whoever has the link");

export const NewInvitation = z
  .object({
    email,
    role: GlobalRole.default("viewer"),
    project: ProjectRef.optional().describe("A project to be invited to as well, by id or key"),
    project_role: ProjectRole.optional().describe("The role in that project; without it, member"),
  })
  .refine(({ project, project_role }) => project !== undefined || project_role === undefined, {
    message: "A role in a project needs the project",
    path: ["project_role"],
  })
  .meta({ id: "NewInvitation", examples: [{ email: "ada@example.org" }] });

export const NewProjectInvitation = z
  .object({ email, role: ProjectRole.default("member").describe("The role in the project") })
  .meta({ id: "NewProjectInvitation" });

/** What an invitation is to, as its guest sees it. */
const offer = {
  email: z.string().nullable().describe("Whom alone it is for; null: whoever has the link"),
  role: GlobalRole.describe("What they become in the hub"),
  project: z.object({ id: ProjectId, key: z.string(), name: z.string() }).nullable(),
  project_role: ProjectRole.nullable(),
  expires_at: Moment,
};

export const Invitation = z
  .object({
    id: z.uuid(),
    ...offer,
    invited_by: z.object({ id: UserId.nullable(), name: z.string() }).describe("id is null for the hub's own machine"),
    created_at: Moment,
    accepted_at: Moment.nullable(),
    accepted_by: z.object({ id: UserId, name: z.string() }).nullable(),
    revoked_at: Moment.nullable(),
    good: z
      .boolean()
      .describe("Whether it can be accepted: it is new enough, unused, not revoked, and its maker may still invite"),
  })
  .meta({ id: "Invitation" });
export type Invitation = z.infer<typeof Invitation>;

export const MadeInvitation = Invitation.extend({
  token: z.string(),
  link: z.string().describe("To hand over; it is shown this once, serves once and for seven days"),
}).meta({ id: "MadeInvitation" });

export const InvitationToken = z
  .object({ token: z.string().min(1).max(200).describe("What the link carries") })
  .meta({ id: "InvitationToken" });

export const OpenInvitation = z
  .object({ ...offer, invited_by: z.string().describe("The name of whoever invites") })
  .meta({ id: "OpenInvitation" });

export const AcceptInvitation = InvitationToken.extend({
  name: plainName(120),
  email: Email.optional().describe("Needed unless the invitation names it"),
  password: Password,
}).meta({ id: "AcceptInvitation" });

/** What somebody who had an account has become. */
export const Joined = z
  .object({ role: GlobalRole, project: offer.project, project_role: ProjectRole.nullable() })
  .meta({ id: "Joined" });
