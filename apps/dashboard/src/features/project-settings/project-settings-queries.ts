import { updateProject } from "@orchestratia/protocol/operations/people";
import type { Project, ProjectChanges } from "@orchestratia/protocol/projects";
import type { QueryClient } from "@tanstack/react-query";
import type { z } from "zod";
import { hub } from "../hub/hub-client.ts";

/** The hub's answer is the project as it is now: shown at once, whatever the socket does. */
export async function changeProject(
  queries: QueryClient,
  { id }: Project,
  body: z.input<typeof ProjectChanges>,
): Promise<void> {
  const changed = await hub.call(updateProject, { params: { project: id }, body });
  queries.setQueryData<Project[]>(["projects"], (known) => known?.map((each) => (each.id === id ? changed : each)));
}
