import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import type { Engine } from "../tasks/engine.ts";
import { taskOfAgent, taskToChange, taskToRead } from "../tasks/named-task.ts";
import { addNote } from "./add-note.ts";
import { listNotes } from "./queries.ts";

/** Notes, for people and for agents. */
export function noteRoutes(app: FastifyInstance, engine: Engine): void {
  const { database } = engine;

  serve(app, people.listNotes, async ({ caller, params }) => ({
    notes: await listNotes(database, await taskToRead(database, caller, params)),
  }));

  serve(app, people.addNote, async ({ caller, params, body }) =>
    addNote(engine, caller, await taskToChange(database, caller, params), body),
  );

  serve(app, agents.agentListNotes, async ({ caller, params }) =>
    listNotes(database, await taskOfAgent(database, caller, params.task)),
  );

  serve(app, agents.agentAddNote, async ({ caller, params, body }) =>
    addNote(engine, caller, await taskOfAgent(database, caller, params.task), body),
  );
}
