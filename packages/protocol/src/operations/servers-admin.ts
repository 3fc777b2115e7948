import { z } from "zod";
import { operation } from "../operation.ts";
import { Server, ServerChanges } from "../servers.ts";
import { ProjectRef } from "../vocabulary.ts";

const OnServer = z.object({
  project: ProjectRef,
  server: z.string().min(1).max(200).describe("Id or name of the server"),
});
const shared = { door: "people", tag: "servers", path: "/api/v1/projects/:project/servers/:server" } as const;

export const viewServer = operation({
  ...shared,
  id: "viewServer",
  access: "viewer",
  method: "GET",
  summary: "One server",
  params: OnServer,
  response: Server,
  problems: ["project_not_found", "server_not_found"],
});

export const updateServer = operation({
  ...shared,
  id: "updateServer",
  access: "member",
  method: "PATCH",
  summary: "Drain a server, or say of it what its daemon does not",
  params: OnServer,
  body: ServerChanges,
  response: Server,
  problems: ["project_not_found", "server_not_found", "server_name_taken"],
});
