import type { ProjectSettings } from "@orchestratia/protocol/projects";
import type { ProjectId, ProjectRole } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";

/** A project as one caller may use it. */
export interface AccessibleProject {
  id: ProjectId;
  key: string;
  name: string;
  status: "active" | "archived";
  settings: ProjectSettings;
  /** The caller's membership; null for an admin who is no member, for the system and for machines. */
  role: z.infer<typeof ProjectRole> | null;
  mayWrite: boolean;
  /** May change the project itself. */
  mayOwn: boolean;
  createdAt: Date;
}
