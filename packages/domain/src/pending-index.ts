import { type Capabilities, fold, hardRequirements, meetsHardRequirements, requirementsKey } from "./matching.ts";
import { comparePending, effectiveStart, PendingQueue, type PendingTask } from "./pending-queue.ts";

/** Tasks that ask for the same of a server, and so can run on the same ones: only the first of them can be next. */
type RequirementClass = {
  readonly key: string;
  readonly repo: string | undefined;
  readonly languages: readonly string[];
  readonly environments: readonly string[];
  readonly queue: PendingQueue;
  head: PendingTask;
  headStart: number;
};

/**
 * A project's eligible pending tasks, kept so that a server with room finds its next one without reading them all:
 * by repository, then by requirement class, then in order. Answers equal `nextByScan` over the same tasks.
 */
export class PendingIndex {
  readonly #classOf = new Map<string, RequirementClass>();
  /** Classes by the repository they ask for, undefined for any. */
  readonly #byRepo = new Map<string | undefined, Map<string, RequirementClass>>();

  get size(): number {
    return this.#classOf.size;
  }

  has(id: string): boolean {
    return this.#classOf.has(id);
  }

  /** Adds the task, or replaces what was known of it. The caller adds it when it has become eligible, not before. */
  add(task: PendingTask): void {
    this.remove(task.id);
    const requirementClass = this.#classFor(task);
    this.#classOf.set(task.id, requirementClass);
    requirementClass.queue.add(task);
    refreshHead(requirementClass);
  }

  remove(id: string): void {
    const requirementClass = this.#classOf.get(id);
    if (!requirementClass) return;
    this.#classOf.delete(id);
    requirementClass.queue.remove(id);
    if (requirementClass.queue.size > 0) refreshHead(requirementClass);
    else this.#drop(requirementClass);
  }

  /** The first task, in the order of `comparePending`, that a server with these capabilities may run. */
  bestFor(capabilities: Capabilities): PendingTask | undefined {
    const languages = capabilities.languages.map(fold);
    const environments = capabilities.environments.map(fold);
    let best: RequirementClass | undefined;
    const look = (classes: ReadonlyMap<string, RequirementClass> | undefined) => {
      if (!classes) return;
      for (const candidate of classes.values()) {
        if (best && !precedes(candidate, best)) continue;
        if (suits(candidate, languages, environments)) best = candidate;
      }
    };
    look(this.#byRepo.get(undefined));
    for (const repo of capabilities.repos) look(this.#byRepo.get(fold(repo)));
    return best?.head;
  }

  #classFor(task: PendingTask): RequirementClass {
    const hard = hardRequirements(task.requirements);
    const repo = hard.repo === undefined ? undefined : fold(hard.repo);
    const key = requirementsKey(hard);
    let classes = this.#byRepo.get(repo);
    if (!classes) {
      classes = new Map();
      this.#byRepo.set(repo, classes);
    }
    let found = classes.get(key);
    if (!found) {
      found = {
        key,
        repo,
        languages: hard.languages.map(fold),
        environments: hard.environments.map(fold),
        queue: new PendingQueue(),
        head: task,
        headStart: effectiveStart(task),
      };
      classes.set(key, found);
    }
    return found;
  }

  #drop({ repo, key }: RequirementClass): void {
    const classes = this.#byRepo.get(repo);
    classes?.delete(key);
    if (classes?.size === 0) this.#byRepo.delete(repo);
  }
}

function refreshHead(requirementClass: RequirementClass): void {
  const head = requirementClass.queue.head();
  if (!head || head === requirementClass.head) return;
  requirementClass.head = head;
  requirementClass.headStart = effectiveStart(head);
}

function precedes(left: RequirementClass, right: RequirementClass): boolean {
  if (left.headStart !== right.headStart) return left.headStart < right.headStart;
  return comparePending(left.head, right.head) < 0;
}

function suits(asked: RequirementClass, languages: readonly string[], environments: readonly string[]): boolean {
  for (const language of asked.languages) if (!languages.includes(language)) return false;
  if (asked.environments.length === 0) return true;
  for (const environment of asked.environments) if (environments.includes(environment)) return true;
  return false;
}

/** The same answer as `PendingIndex.bestFor`, found by reading every task. */
export function nextByScan(tasks: Iterable<PendingTask>, capabilities: Capabilities): PendingTask | undefined {
  let best: PendingTask | undefined;
  for (const task of tasks) {
    if (best && comparePending(task, best) > 0) continue;
    if (meetsHardRequirements(task.requirements, capabilities)) best = task;
  }
  return best;
}
