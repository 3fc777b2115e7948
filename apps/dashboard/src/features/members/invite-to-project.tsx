"use client";
import type { Project } from "@orchestratia/protocol/projects";
import type { ProjectRole } from "@orchestratia/protocol/vocabulary";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { inviteToProject } from "../invitations/invitation-queries.ts";
import { InviteDialog } from "../invitations/invite-dialog.tsx";
import { RoleField } from "./role-field.tsx";

export function InviteToProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient();
  const [role, setRole] = useState<ProjectRole>("member");
  return (
    <InviteDialog
      to={`the project ${project.name}`}
      make={(given) => inviteToProject(queries, project.id, { ...given, role })}
      onClose={onClose}
    >
      <RoleField role={role} onChange={setRole} />
    </InviteDialog>
  );
}
