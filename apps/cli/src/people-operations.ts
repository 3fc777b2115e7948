import type * as tokens from "@orchestratia/protocol/operations/access-tokens";
import type * as doctor from "@orchestratia/protocol/operations/doctor";
import type * as epics from "@orchestratia/protocol/operations/epics";
import type * as interventions from "@orchestratia/protocol/operations/interventions";
import type * as output from "@orchestratia/protocol/operations/output";
import type * as people from "@orchestratia/protocol/operations/people";
import type * as tasks from "@orchestratia/protocol/operations/people-tasks";
import type * as recordings from "@orchestratia/protocol/operations/recordings";
import type * as search from "@orchestratia/protocol/operations/search";
import type * as servers from "@orchestratia/protocol/operations/servers-admin";
import type * as moves from "@orchestratia/protocol/operations/task-moves";
import type * as workspaces from "@orchestratia/protocol/operations/workspaces";

type People = typeof people &
  typeof tasks &
  typeof moves &
  typeof doctor &
  typeof search &
  typeof servers &
  typeof tokens &
  typeof epics &
  typeof interventions &
  typeof recordings &
  typeof output &
  typeof workspaces;

/** As in operations.ts: the protocol's line without its schemas. Each stands here under its own name. */
const line = <Id extends keyof People>(_id: Id, method: string, path: string): People[Id] =>
  ({ method, path }) as unknown as People[Id];

const project = "/api/v1/projects/:project";
const task = `${project}/tasks/:task`;
const post = <Id extends keyof People>(id: Id, verb: string) => line(id, "POST", `${task}/${verb}`);

export const signIn = line("signIn", "POST", "/api/v1/auth/login");
export const signOut = line("signOut", "POST", "/api/v1/auth/logout");
export const me = line("me", "GET", "/api/v1/auth/me");
export const createAccessToken = line("createAccessToken", "POST", "/api/v1/access-tokens");
export const listAccessTokens = line("listAccessTokens", "GET", "/api/v1/access-tokens");
export const revokeAccessToken = line("revokeAccessToken", "DELETE", "/api/v1/access-tokens/:access_token");
export const listProjects = line("listProjects", "GET", "/api/v1/projects");
export const createProject = line("createProject", "POST", "/api/v1/projects");
export const viewProject = line("viewProject", "GET", project);
export const diagnoseProject = line("diagnoseProject", "GET", `${project}/doctor`);
export const searchTasks = line("searchTasks", "GET", `${project}/search`);
export const listActivity = line("listActivity", "GET", `${project}/activity`);
export const updateServer = line("updateServer", "PATCH", `${project}/servers/:server`);
export const approvePlan = post("approvePlan", "approve-plan");
export const revisePlan = post("revisePlan", "revise-plan");
export const approveTask = post("approveTask", "approve");
export const requestChanges = post("requestChanges", "request-changes");
export const requeueTask = post("requeueTask", "requeue");
export const retryTask = post("retryTask", "retry");
export const reopenTask = post("reopenTask", "reopen");
export const archiveTask = post("archiveTask", "archive");
export const unarchiveTask = post("unarchiveTask", "unarchive");
export const listPlans = line("listPlans", "GET", `${task}/plans`);

export const listTasks = line("listTasks", "GET", `${project}/tasks`);
export const createTask = line("createTask", "POST", `${project}/tasks`);
export const viewTask = line("viewTask", "GET", task);
export const updateTask = line("updateTask", "PATCH", task);
export const cancelTask = line("cancelTask", "DELETE", task);
export const failTask = post("failTask", "fail");
export const assignTask = post("assignTask", "assign");
export const addDependency = post("addDependency", "dependencies");
export const removeDependency = line("removeDependency", "DELETE", `${task}/dependencies/:upstream`);
export const listNotes = line("listNotes", "GET", `${task}/notes`);
export const addNote = post("addNote", "notes");
export const explainMatch = line("explainMatch", "GET", `${task}/match`);
export const createPipeline = line("createPipeline", "POST", `${project}/pipelines`);
export const listInterventions = line("listInterventions", "GET", `${project}/interventions`);
export const respondIntervention = line(
  "respondIntervention",
  "POST",
  `${project}/interventions/:intervention/respond`,
);
export const listServers = line("listServers", "GET", `${project}/servers`);
export const listSessions = line("listSessions", "GET", `${project}/sessions`);
export const listRecordings = line("listRecordings", "GET", `${project}/recordings`);
export const downloadRecording = line("downloadRecording", "GET", `${project}/sessions/:session/recording/cast`);
export const placeTask = post("placeTask", "place");
export const listChildren = line("listChildren", "GET", `${task}/children`);
export const viewTaskDiff = line("viewTaskDiff", "GET", `${task}/diff`);
export const listTaskOutput = line("listTaskOutput", "GET", `${task}/output`);
export const viewIntervention = line("viewIntervention", "GET", `${project}/interventions/:intervention`);
