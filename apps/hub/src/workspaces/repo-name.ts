/**
 * The name of the repository, among those that a server reports, that a task is about: the one it names, else the one it
 * requires, else the only one there is.
 */
export function repoName(
  task: { target_repo: string | null; structured_spec: unknown },
  repos: Readonly<Record<string, unknown>>,
): string | undefined {
  const spec = task.structured_spec as { capability_requirements?: { repo?: string } } | null;
  const names = Object.keys(repos);
  const named = [task.target_repo, spec?.capability_requirements?.repo].filter(
    (name) => name !== null && name !== undefined,
  );
  for (const wanted of named) {
    const found = names.find((name) => name.toLowerCase() === wanted.toLowerCase());
    if (found !== undefined) return found;
  }
  return named.length === 0 && names.length === 1 ? names[0] : undefined;
}
