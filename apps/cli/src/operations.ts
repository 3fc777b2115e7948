import type * as agents from "@orchestratia/protocol/operations/agents";
import type * as epics from "@orchestratia/protocol/operations/epics";
import type * as interventions from "@orchestratia/protocol/operations/interventions";
import type * as output from "@orchestratia/protocol/operations/output";
import type * as remote from "@orchestratia/protocol/operations/remote";
import type * as search from "@orchestratia/protocol/operations/search";
import type * as moves from "@orchestratia/protocol/operations/task-moves";
import type * as workspaces from "@orchestratia/protocol/operations/workspaces";

type Agents = typeof agents &
  typeof epics &
  typeof interventions &
  typeof output &
  typeof remote &
  typeof search &
  typeof moves &
  typeof workspaces;

/**
 * An operation without its schemas: the client reads only method and path, and the protocol's schemas take 80 ms to
 * load. A test holds these lines to the protocol.
 */
const line = <Id extends keyof Agents>(_id: Id, method: string, path: string): Agents[Id] =>
  ({ method, path }) as unknown as Agents[Id];

const task = "/api/v1/server/tasks/:task";

export const listTasks = line("agentListTasks", "GET", "/api/v1/server/tasks");
export const createTask = line("agentCreateTask", "POST", "/api/v1/server/tasks");
export const checkTasks = line("agentCheckTasks", "GET", "/api/v1/server/tasks/check");
export const viewTask = line("agentViewTask", "GET", task);
export const updateTask = line("agentUpdateTask", "PUT", task);
export const cancelTask = line("agentCancelTask", "DELETE", task);
export const startTask = line("agentStartTask", "POST", `${task}/start`);
export const completeTask = line("agentCompleteTask", "POST", `${task}/complete`);
export const submitTask = line("agentSubmitTask", "POST", `${task}/submit`);
export const failTask = line("agentFailTask", "POST", `${task}/fail`);
export const planTask = line("agentPlanTask", "POST", `${task}/plan`);
export const listPlans = line("agentListPlans", "GET", `${task}/plans`);
export const approvePlan = line("agentApprovePlan", "POST", `${task}/approve-plan`);
export const revisePlan = line("agentRevisePlan", "POST", `${task}/revise-plan`);
export const placeTask = line("agentPlaceTask", "POST", `${task}/place`);
export const listChildren = line("agentListChildren", "GET", `${task}/children`);
export const viewTaskDiff = line("agentViewTaskDiff", "GET", `${task}/diff`);
export const listTaskOutput = line("agentListTaskOutput", "GET", `${task}/output`);
export const addTaskOutput = line("agentAddTaskOutput", "POST", `${task}/output`);
export const helpTask = line("agentHelpTask", "POST", `${task}/help`);
export const assignTask = line("agentAssignTask", "POST", `${task}/assign`);
export const addDependency = line("agentAddDependency", "POST", `${task}/dependencies`);
export const removeDependency = line("agentRemoveDependency", "DELETE", `${task}/dependencies/:upstream`);
export const listNotes = line("agentListNotes", "GET", `${task}/notes`);
export const addNote = line("agentAddNote", "POST", `${task}/notes`);
export const explainMatch = line("agentExplainMatch", "GET", `${task}/match`);
export const createPipeline = line("agentCreatePipeline", "POST", "/api/v1/server/pipelines");
export const searchTasks = line("agentSearchTasks", "GET", "/api/v1/server/search");
export const viewIntervention = line("agentViewIntervention", "GET", "/api/v1/server/interventions/:intervention");
export const listInterventions = line("agentListInterventions", "GET", "/api/v1/server/interventions");
export const respondIntervention = line(
  "agentRespondIntervention",
  "POST",
  "/api/v1/server/interventions/:intervention/respond",
);
export const listServers = line("agentListServers", "GET", "/api/v1/server/servers");
export const listSessions = line("agentListSessions", "GET", "/api/v1/server/sessions");
export const remoteExec = line("agentRemoteExec", "POST", "/api/v1/server/remote/exec");
export const remoteRead = line("agentRemoteRead", "POST", "/api/v1/server/remote/read");
export const sendFile = line("agentSendFile", "POST", "/api/v1/server/remote/file-transfer");
export const viewFileTransfer = line("agentViewFileTransfer", "GET", "/api/v1/server/remote/file-transfer/:transfer");
export const status = line("agentStatus", "GET", "/api/v1/server/status");
