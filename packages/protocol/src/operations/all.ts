import type { Operation } from "../operation.ts";
import * as accessTokens from "./access-tokens.ts";
import * as agents from "./agents.ts";
import * as approvalRules from "./approval-rules.ts";
import * as daemons from "./daemons.ts";
import * as doctor from "./doctor.ts";
import * as epics from "./epics.ts";
import * as events from "./events.ts";
import * as interventions from "./interventions.ts";
import * as invitations from "./invitations.ts";
import * as members from "./members.ts";
import * as oauth from "./oauth.ts";
import * as output from "./output.ts";
import * as passwordResets from "./password-resets.ts";
import * as people from "./people.ts";
import * as peopleTasks from "./people-tasks.ts";
import * as recordings from "./recordings.ts";
import * as remote from "./remote.ts";
import * as search from "./search.ts";
import * as serverKeys from "./server-keys.ts";
import * as serversAdmin from "./servers-admin.ts";
import * as taskMoves from "./task-moves.ts";
import * as toolRequests from "./tool-requests.ts";
import * as users from "./users.ts";
import * as workspaces from "./workspaces.ts";

const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "door" in value && "path" in value;

/** Every operation of the hub. */
export const operations: readonly Operation[] = [
  people,
  peopleTasks,
  taskMoves,
  serversAdmin,
  serverKeys,
  events,
  search,
  agents,
  daemons,
  doctor,
  epics,
  output,
  interventions,
  remote,
  recordings,
  workspaces,
  approvalRules,
  toolRequests,
  users,
  members,
  oauth,
  invitations,
  passwordResets,
  accessTokens,
]
  .flatMap((room) => Object.values(room))
  .filter(isOperation);
