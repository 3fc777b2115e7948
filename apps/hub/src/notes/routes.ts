import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { taskOfAgent } from "../tasks/named-task.ts";
import { resolveTaskRef } from "../tasks/task-ref.ts";
import { addNote } from "./add-note.ts";
import { listNotes } from "./queries.ts";

/** Notes, for people and for agents. */
export function noteRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.listNotes, async ({ project, params, query }) => ({
    notes: await listNotes(database, await resolveTaskRef(database, project.id, params.task), query),
  }));

  serve(app, people.addNote, async ({ caller, project, params, body }) =>
    addNote(engine, caller, await resolveTaskRef(database, project.id, params.task), body),
  );

  serve(app, agents.agentListNotes, async ({ caller, params, query }) =>
    listNotes(database, await taskOfAgent(database, caller, params.task), query),
  );

  serve(app, agents.agentAddNote, async ({ caller, params, body }) =>
    addNote(engine, caller, await taskOfAgent(database, caller, params.task), body),
  );
}
