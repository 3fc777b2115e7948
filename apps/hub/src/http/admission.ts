import { mayCall, type Powers } from "@orchestratia/protocol/may-call";
import type { Access, Operation } from "@orchestratia/protocol/operation";
import { Problem } from "@orchestratia/protocol/problems";
import type { AccessibleProject } from "../access/accessible-project.ts";
import type { Identity } from "../access/find-identity.ts";
import { powersOf } from "../access/powers.ts";

/** `project`: the one that the operation's path names, if it names one. Throws forbidden. */
export function mustBeAllowed(operation: Operation, identity: Identity, project: AccessibleProject | null): void {
  const powers = powersOf(identity, project);
  if (!mayCall(powers, operation)) throw refusal(powers, operation, project?.name);
}

/** `needs` tells this refusal from one that is about a single task or session. */
function refusal(powers: Powers, operation: Operation, project: string | undefined): Problem {
  const { access } = operation;
  if (powers.readOnly && mayCall({ ...powers, readOnly: false }, operation)) {
    return new Problem("forbidden", "This access token may only read.", { needs: access });
  }
  return new Problem("forbidden", sentences[access](project ?? "the project", powers.role), { needs: access });
}

const sentences: Readonly<Record<Access, (project: string, role: string) => string>> = {
  anyone: () => "You may not do this.",
  signed_in: () => "Sign in as a person for this.",
  person: () => "This token is the machine's own and no person's.",
  sign_in: () => "This is for somebody who has signed in themselves; no token will do.",
  viewer: (project) => `Only members and viewers of ${project} may see this.`,
  member: (project, role) => `You may only look at ${project}: your role is ${role}, and this needs a member.`,
  owner: (project, role) => `Only an owner of ${project} may do this; your role is ${role}.`,
  admin: () => "Only an admin of the hub may do this.",
  server: () => "This needs the server's own key.",
  worker: () => "This needs a session's token.",
  orchestrator: () => "Only an orchestrator session may do this.",
};
