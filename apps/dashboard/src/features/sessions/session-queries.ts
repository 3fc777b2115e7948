import { closeSession, createSession, listSessions, viewSession } from "@orchestratia/protocol/operations/people";
import type { NewSession, Session } from "@orchestratia/protocol/sessions";
import { queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { hub, isMissing } from "../hub/hub-client.ts";

export const sessionsQuery = (project: string) =>
  queryOptions({
    queryKey: ["sessions", project],
    queryFn: async ({ signal }) => (await hub.call(listSessions, { params: { project }, signal })).sessions,
  });

/** A session's address names no project, so a link works whichever one is chosen: the likeliest is asked first. */
export const sessionQuery = (projects: readonly string[], session: string) =>
  queryOptions({
    queryKey: ["session", session],
    queryFn: async ({ signal }): Promise<Session> => {
      let missing: unknown;
      for (const project of projects) {
        try {
          return await hub.call(viewSession, { params: { project, session }, signal });
        } catch (error) {
          if (!isMissing(error)) throw error;
          missing = error;
        }
      }
      throw missing;
    },
  });

export const startSession = (project: string, body: z.input<typeof NewSession>) =>
  hub.call(createSession, { params: { project }, body });

/** Another session whose agent goes on with the conversation of one that ended. */
export const resumeSession = ({ id, project_id, server_id, agent, role, working_directory }: Session) =>
  startSession(project_id, { server_id, agent, role, working_directory, resumes: id });

export const endSession = (project: string, session: string) =>
  hub.call(closeSession, { params: { project, session } });
