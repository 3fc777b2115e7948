import type { CallInput, HubClient } from "@orchestratia/client/http";
import type { Operation, ResponseOf } from "@orchestratia/protocol/operation";
import { CommandError } from "./command-error.ts";
import type { Hub } from "./hub.ts";
import * as operations from "./operations.ts";
import * as people from "./people-operations.ts";

/** What a person calls for what an agent calls. Both take and answer the same, but for what `answer` puts right. */
interface Counterpart {
  readonly operation: Operation;
  /** Query members that only people's operation has. */
  readonly query?: Readonly<Record<string, unknown>>;
  readonly answer?: (answer: never) => unknown;
}

export const COUNTERPARTS: ReadonlyMap<Operation, Counterpart> = new Map<Operation, Counterpart>([
  [operations.listTasks, { operation: people.listTasks }],
  [operations.createTask, { operation: people.createTask }],
  [operations.viewTask, { operation: people.viewTask }],
  [operations.updateTask, { operation: people.updateTask }],
  [operations.cancelTask, { operation: people.cancelTask }],
  [operations.failTask, { operation: people.failTask }],
  [operations.assignTask, { operation: people.assignTask }],
  [operations.addDependency, { operation: people.addDependency }],
  [operations.removeDependency, { operation: people.removeDependency }],
  [operations.addNote, { operation: people.addNote }],
  [
    operations.listNotes,
    { operation: people.listNotes, answer: ({ notes }: ResponseOf<typeof people.listNotes>) => notes },
  ],
  [operations.listPlans, { operation: people.listPlans }],
  [operations.approvePlan, { operation: people.approvePlan }],
  [operations.revisePlan, { operation: people.revisePlan }],
  [operations.placeTask, { operation: people.placeTask }],
  [operations.listChildren, { operation: people.listChildren }],
  [operations.viewTaskDiff, { operation: people.viewTaskDiff }],
  [operations.listTaskOutput, { operation: people.listTaskOutput }],
  [operations.searchTasks, { operation: people.searchTasks }],
  [operations.viewIntervention, { operation: people.viewIntervention }],
  [operations.explainMatch, { operation: people.explainMatch }],
  [operations.createPipeline, { operation: people.createPipeline }],
  [
    operations.listInterventions,
    {
      operation: people.listInterventions,
      answer: ({ interventions }: ResponseOf<typeof people.listInterventions>) => interventions,
    },
  ],
  [operations.respondIntervention, { operation: people.respondIntervention }],
  [operations.listServers, { operation: people.listServers }],
  [operations.listSessions, { operation: people.listSessions, query: { live: "true" } }],
]);

/** The hub's door for people, called in the words of the agents' door. */
export class PersonDoor implements Hub {
  readonly #client: HubClient;
  readonly #project: () => string;

  constructor(client: HubClient, project: () => string) {
    this.#client = client;
    this.#project = project;
  }

  /** Throws `needs_session` for what only an agent in a session does. */
  async call<O extends Operation>(
    operation: O,
    ...[input]: Record<string, never> extends CallInput<O> ? [CallInput<O>?] : [CallInput<O>]
  ): Promise<ResponseOf<O>> {
    const counterpart = COUNTERPARTS.get(operation);
    if (!counterpart) throw needsSession();
    const given = (input ?? {}) as { params?: object; query?: object; body?: object };
    const { answer = (same: never) => same } = counterpart;
    const called = await this.#client.call(counterpart.operation, {
      ...given,
      params: { ...given.params, project: this.#project() },
      query: { ...withoutProject(given.query), ...counterpart.query },
      ...(given.body && { body: withoutProject(given.body) }),
    } as unknown as CallInput<Operation>);
    return answer(called as never) as ResponseOf<O>;
  }

  /** Throws `needs_session`: nothing that people call is answered line by line. */
  // biome-ignore lint/correctness/useYield: there is never a line
  async *lines(): AsyncGenerator<never, void, undefined> {
    throw needsSession();
  }
}

const needsSession = (): CommandError =>
  new CommandError("needs_session", "Only an agent in a session does this: it needs a session's key.");

/** Agents may say which project and session they are of; a person's path says it. */
function withoutProject(members: object = {}): object {
  return Object.fromEntries(Object.entries(members).filter(([name]) => name !== "project_id" && name !== "session_id"));
}
