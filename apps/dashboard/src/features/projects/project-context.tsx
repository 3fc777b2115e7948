"use client";
import { listProjects } from "@orchestratia/protocol/operations/people";
import type { Project } from "@orchestratia/protocol/projects";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { hub } from "../hub/hub-client.ts";

const memory = "orchestratia.project";

const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: async ({ signal }) => (await hub.call(listProjects, { signal })).projects,
});

type Chosen = { project: Project; projects: readonly Project[]; choose: (id: Project["id"]) => void };

const ChosenProject = createContext<Chosen | null>(null);
const HasNoProject = createContext(false);

/** The project that this browser shows first from now on. */
export const rememberProject = (id: Project["id"]): void => window.localStorage.setItem(memory, id);

/** The project that every page shows; the switcher in the frame changes it, this browser remembers it. */
export function useProject(): Chosen {
  const chosen = useContext(ChosenProject);
  if (!chosen) throw new Error("useProject needs a ProjectProvider above it");
  return chosen;
}

/** The same, where the frame may be drawn before the projects are known. */
export const useProjectIfKnown = (): Chosen | null => useContext(ChosenProject);

/** True once it is known that there is no project to choose. */
export const useHasNoProject = (): boolean => useContext(HasNoProject);

/** A viewer of the project looks and touches nothing. */
export const mayWrite = (project: Project): boolean => project.role !== "viewer";

export function ProjectProvider({ children }: { children: (content: ReactNode | null) => ReactNode }) {
  const projects = useQuery(projectsQuery);
  const [id, setId] = useState(() => (typeof window === "undefined" ? null : window.localStorage.getItem(memory)));
  const list = projects.data;
  const chosen = useMemo<Chosen | null>(() => {
    const project = list?.find((each) => each.id === id) ?? list?.[0];
    if (!list || !project) return null;
    return {
      project,
      projects: list,
      choose: (next) => {
        rememberProject(next);
        setId(next);
      },
    };
  }, [list, id]);

  let instead: ReactNode = null;
  if (projects.error) {
    instead = (
      <Page title="Your projects cannot be read">
        <ErrorState error={projects.error} onRetry={() => void projects.refetch()} />
      </Page>
    );
  } else if (list?.length === 0) {
    instead = (
      <EmptyState wholePage title="You are in no project yet">
        Ask an admin of this hub to add you to a project. Its tasks, sessions and servers will appear here.
      </EmptyState>
    );
  }
  return (
    <HasNoProject value={list?.length === 0}>
      <ChosenProject value={chosen}>{children(instead)}</ChosenProject>
    </HasNoProject>
  );
}
