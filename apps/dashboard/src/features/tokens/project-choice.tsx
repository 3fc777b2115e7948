"use client";
import { useId } from "react";
import { useProjectIfKnown } from "../projects/project-context.tsx";

type ProjectChoiceProps = {
  /** Ids; null: every project, now and later. */
  chosen: readonly string[] | null;
  error: string | undefined;
  onChange: (chosen: string[] | null) => void;
};

const row = "flex min-h-8 items-center gap-2 text-sm touch:min-h-11";

/** Which projects something is for: all, or some by name. */
export function ProjectChoice({ chosen, error, onChange }: ProjectChoiceProps) {
  const projects = useProjectIfKnown()?.projects ?? [];
  const id = useId();
  return (
    <fieldset aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="pb-1 text-sm font-medium">Projects</legend>
      <label className={row}>
        <input
          type="radio"
          name={id}
          className="size-4 accent-(--accent)"
          checked={chosen === null}
          onChange={() => onChange(null)}
        />
        Every project of yours, now and later
      </label>
      {projects.length > 0 ? (
        <label className={row}>
          <input
            type="radio"
            name={id}
            className="size-4 accent-(--accent)"
            checked={chosen !== null}
            onChange={() => onChange([])}
          />
          Only these
        </label>
      ) : null}
      {chosen !== null ? (
        <ul aria-label="Projects to choose from" className="max-h-44 overflow-y-auto pl-6">
          {projects.map((project) => (
            <li key={project.id}>
              <label className={row}>
                <input
                  type="checkbox"
                  className="size-4 accent-(--accent)"
                  aria-invalid={error ? true : undefined}
                  checked={chosen.includes(project.id)}
                  onChange={({ target }) =>
                    onChange(target.checked ? [...chosen, project.id] : chosen.filter((each) => each !== project.id))
                  }
                />
                <span className="min-w-0 break-words">
                  {project.name} ({project.key})
                </span>
              </label>
            </li>
          ))}
        </ul>
      ) : null}
      {error ? (
        <p id={`${id}-error`} role="alert" className="pt-1 text-sm text-red">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}
