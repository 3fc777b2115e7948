import { Problem } from "@orchestratia/protocol/problems";

/** A task of a pipeline's file, and the member of it that is meant. */
export interface Entry {
  index: number;
  id: string | undefined;
  field: string;
}

/** Does `work` for a part of the file: a refusal names the task and the field that it is about. */
export async function inEntry<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem && !("entry" in error.members)) throw entryProblem(entry, error);
    throw error;
  }
}

export function entryProblem({ index, id, field }: Entry, problem: Problem): Problem {
  const named = id === undefined ? "" : ` ("${id}")`;
  return new Problem(problem.code, `tasks[${index}]${named}, ${field}: ${problem.detail}`, {
    ...problem.members,
    entry: { index, id: id ?? null, field },
  });
}
