"use client";
import type { ProjectRole } from "@orchestratia/protocol/vocabulary";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Select } from "../../ui/control.tsx";
import { Field } from "../../ui/field.tsx";
import { inviteToHub } from "../invitations/invitation-queries.ts";
import { InviteDialog } from "../invitations/invite-dialog.tsx";
import { RoleField } from "../members/role-field.tsx";
import { useProjectIfKnown } from "../projects/project-context.tsx";
import { type HubRole, hubRoleHelp, hubRoleOf, hubRoleWord } from "./people-words.ts";

export function InviteToHub({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const projects = useProjectIfKnown()?.projects ?? [];
  const [role, setRole] = useState<HubRole>("viewer");
  const [project, setProject] = useState("");
  const [projectRole, setProjectRole] = useState<ProjectRole>("member");
  return (
    <InviteDialog
      to="this hub"
      make={(given) =>
        inviteToHub(queries, { ...given, role, ...(project ? { project, project_role: projectRole } : {}) })
      }
      onClose={onClose}
    >
      <Field label="Role in the hub" help={hubRoleHelp[role]}>
        {(control) => (
          <Select {...control} value={role} onChange={({ target }) => setRole(hubRoleOf(target.value))}>
            <option value="viewer">{hubRoleWord.viewer}</option>
            <option value="admin">{hubRoleWord.admin}</option>
          </Select>
        )}
      </Field>
      {projects.length > 0 ? (
        <Field label="Project (optional)" help="They come into it with the same link.">
          {(control) => (
            <Select {...control} value={project} onChange={({ target }) => setProject(target.value)}>
              <option value="">None</option>
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      {project ? <RoleField role={projectRole} onChange={setProjectRole} /> : null}
    </InviteDialog>
  );
}
