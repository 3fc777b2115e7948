"use client";
import { Select } from "../../ui/control.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useHasNoProject, useProjectIfKnown } from "../projects/project-context.tsx";

export function ProjectSwitcher() {
  const known = useProjectIfKnown();
  const hasNone = useHasNoProject();
  if (hasNone) return <span className="text-sm text-ink-soft">No project</span>;
  if (!known) return <Skeleton className="h-8 w-40" />;
  const { project, projects, choose } = known;
  return (
    <Select
      aria-label="Project"
      className="w-40 sm:w-52"
      value={project.id}
      onChange={(event) => {
        const next = projects.find(({ id }) => id === event.target.value);
        if (next) choose(next.id);
      }}
    >
      {projects.map(({ id, key, name }) => (
        <option key={id} value={id}>
          {name} ({key})
        </option>
      ))}
    </Select>
  );
}
