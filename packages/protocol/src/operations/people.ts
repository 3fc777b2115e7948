import { z } from "zod";
import { Activity, ActivityFilter } from "../activity.ts";
import { Answer, Intervention, InterventionPageQuery } from "../interventions.ts";
import { operation } from "../operation.ts";
import { Me, Setup, SetupState, SignedIn, SignIn } from "../people.ts";
import { NewPipeline, Pipeline, PipelineQuery } from "../pipelines.ts";
import { NewProject, Project, ProjectChanges, ProjectCounts } from "../projects.ts";
import { NewRegistrationToken, RegistrationToken, Server, ServerListQuery } from "../servers.ts";
import { NewSession, Session, SessionListQuery } from "../sessions.ts";
import { Task } from "../tasks.ts";
import { ProjectRef } from "../vocabulary.ts";

const InProject = z.object({ project: ProjectRef });
const Done = z.object({ ok: z.literal(true) });

export const setupState = operation({
  id: "setupState",
  access: "anyone",
  door: "public",
  tag: "people",
  method: "GET",
  path: "/api/v1/setup",
  summary: "Whether the hub still waits for its first admin",
  response: SetupState,
});

export const setup = operation({
  id: "setup",
  access: "anyone",
  door: "public",
  tag: "people",
  method: "POST",
  path: "/api/v1/setup",
  summary: "Make the first admin with the one-time token of the set-up link",
  body: Setup,
  response: SignedIn,
  status: 201,
  problems: ["setup_done", "token_invalid", "password_weak"],
});

export const signIn = operation({
  id: "signIn",
  access: "anyone",
  door: "public",
  tag: "people",
  method: "POST",
  path: "/api/v1/auth/login",
  summary: "Sign in with e-mail and password",
  body: SignIn,
  response: SignedIn,
  problems: ["wrong_credentials", "user_deactivated"],
});

export const signOut = operation({
  id: "signOut",
  access: "signed_in",
  door: "people",
  tag: "people",
  method: "POST",
  path: "/api/v1/auth/logout",
  summary: "End this sign-in",
  response: Done,
});

export const me = operation({
  id: "me",
  access: "person",
  door: "people",
  tag: "people",
  method: "GET",
  path: "/api/v1/auth/me",
  summary: "Who is signed in",
  response: Me,
});

export const listProjects = operation({
  id: "listProjects",
  access: "signed_in",
  door: "people",
  tag: "projects",
  method: "GET",
  path: "/api/v1/projects",
  summary: "The projects the caller may see",
  response: z.object({ projects: z.array(Project) }),
});

export const createProject = operation({
  id: "createProject",
  access: "admin",
  door: "people",
  tag: "projects",
  method: "POST",
  path: "/api/v1/projects",
  summary: "Make a project; the caller becomes its owner",
  body: NewProject,
  response: Project,
  status: 201,
  problems: ["key_taken"],
});

export const viewProject = operation({
  id: "viewProject",
  access: "viewer",
  door: "people",
  tag: "projects",
  method: "GET",
  path: "/api/v1/projects/:project",
  summary: "One project",
  params: InProject,
  response: Project,
  problems: ["project_not_found"],
});

export const updateProject = operation({
  id: "updateProject",
  access: "owner",
  door: "people",
  tag: "projects",
  method: "PATCH",
  path: "/api/v1/projects/:project",
  summary: "Change a project's name and settings",
  params: InProject,
  body: ProjectChanges,
  response: Project,
  problems: ["project_not_found"],
});

export const countProject = operation({
  id: "countProject",
  access: "viewer",
  door: "people",
  tag: "projects",
  method: "GET",
  path: "/api/v1/projects/:project/counts",
  summary: "How many tasks, servers, sessions and open questions there are",
  params: InProject,
  response: ProjectCounts,
  problems: ["project_not_found"],
});

export const createRegistrationToken = operation({
  id: "createRegistrationToken",
  access: "member",
  door: "people",
  tag: "servers",
  method: "POST",
  path: "/api/v1/projects/:project/registration-tokens",
  summary: "Make a one-time token with which a machine registers",
  params: InProject,
  body: NewRegistrationToken,
  response: RegistrationToken,
  status: 201,
  problems: ["project_not_found"],
  answersSecret: true,
});

export const listServers = operation({
  id: "listServers",
  access: "viewer",
  door: "people",
  tag: "servers",
  method: "GET",
  path: "/api/v1/projects/:project/servers",
  summary: "The project's servers",
  params: InProject,
  query: ServerListQuery,
  response: z.object({ servers: z.array(Server), next: z.string().nullable() }),
  problems: ["project_not_found"],
});

export const listSessions = operation({
  id: "listSessions",
  access: "viewer",
  door: "people",
  tag: "sessions",
  method: "GET",
  path: "/api/v1/projects/:project/sessions",
  summary: "The project's sessions, live ones first",
  params: InProject,
  query: SessionListQuery,
  response: z.object({ sessions: z.array(Session), next: z.string().nullable() }),
  problems: ["project_not_found"],
});

export const createSession = operation({
  id: "createSession",
  access: "member",
  door: "people",
  tag: "sessions",
  method: "POST",
  path: "/api/v1/projects/:project/sessions",
  summary: "Start a terminal on a server",
  params: InProject,
  body: NewSession,
  response: Session,
  status: 201,
  problems: [
    "project_not_found",
    "server_not_found",
    "server_unreachable",
    "server_full",
    "agent_unknown",
    "refused_by_policy",
    "key_taken",
    "session_not_found",
    "session_live",
  ],
});

const InSession = z.object({ project: ProjectRef, session: z.uuid() });

export const viewSession = operation({
  id: "viewSession",
  access: "viewer",
  door: "people",
  tag: "sessions",
  method: "GET",
  path: "/api/v1/projects/:project/sessions/:session",
  summary: "One session",
  params: InSession,
  response: Session,
  problems: ["session_not_found"],
});

export const closeSession = operation({
  id: "closeSession",
  access: "member",
  door: "people",
  tag: "sessions",
  method: "DELETE",
  path: "/api/v1/projects/:project/sessions/:session",
  summary: "End a session's program",
  params: InSession,
  response: Session,
  problems: ["session_not_found", "session_not_live"],
});

export const listInterventions = operation({
  id: "listInterventions",
  access: "viewer",
  door: "people",
  tag: "interventions",
  method: "GET",
  path: "/api/v1/projects/:project/interventions",
  summary: "What waits or waited for an answer, newest first",
  params: InProject,
  query: InterventionPageQuery,
  response: z.object({ interventions: z.array(Intervention), next: z.string().nullable() }),
  problems: ["task_not_found", "task_ambiguous", "project_not_found", "invalid_request"],
});

export const respondIntervention = operation({
  id: "respondIntervention",
  access: "member",
  door: "people",
  tag: "interventions",
  method: "POST",
  path: "/api/v1/projects/:project/interventions/:intervention/respond",
  summary: "Answer: it is typed into the session that asked; of a question of the hub the option is carried out",
  params: InProject.extend({ intervention: z.string().min(4).max(36) }),
  body: Answer,
  response: Intervention,
  problems: ["intervention_not_found", "intervention_ambiguous", "intervention_settled"],
});

export const listActivity = operation({
  id: "listActivity",
  access: "viewer",
  door: "people",
  tag: "activity",
  method: "GET",
  path: "/api/v1/projects/:project/activity",
  summary: "What happened",
  params: InProject,
  query: ActivityFilter,
  response: z.object({ activity: z.array(Activity) }),
  problems: ["task_not_found", "task_ambiguous", "project_not_found"],
});

export const createPipeline = operation({
  id: "createPipeline",
  access: "member",
  door: "people",
  tag: "pipelines",
  method: "POST",
  path: "/api/v1/projects/:project/pipelines",
  summary: "Make several tasks and their dependencies at once, all or nothing",
  params: InProject,
  query: PipelineQuery,
  body: NewPipeline,
  response: Pipeline,
  status: 201,
  problems: [
    "session_not_found",
    "session_ambiguous",
    "task_not_found",
    "task_ambiguous",
    "project_not_found",
    "pipeline_invalid",
    "parent_settled",
    "malformed_yaml",
    "dependency_cycle",
    "contract_schema_invalid",
    "dependency_exists",
    "input_name_taken",
    "contract_missing",
    "task_not_assignable",
  ],
});

/** The project in which the demo's pipelines run. */
const DEMO_PROJECT = "DEMO";

export const DemoState = z
  .enum(["ready", "running", "done", "stopped"])
  .describe("stopped: a task failed or was cancelled, or its worker is gone; another run begins anew");

/** The three tasks of the demo, in pipeline order. */
const DemoRun = z.object({ project: Project, state: DemoState, tasks: z.array(Task) }).meta({ id: "DemoRun" });

export const viewDemo = operation({
  id: "viewDemo",
  access: "viewer",
  project: DEMO_PROJECT,
  door: "people",
  tag: "demo",
  method: "GET",
  path: "/api/v1/demo",
  summary: "The newest pipeline of the demo",
  response: DemoRun,
  problems: ["project_not_found"],
});

export const runDemo = operation({
  id: "runDemo",
  access: "member",
  project: DEMO_PROJECT,
  door: "people",
  tag: "demo",
  method: "POST",
  path: "/api/v1/demo/run",
  summary: "Let the demo's pipeline run; a new one is made when the last was used",
  response: DemoRun,
  problems: ["project_not_found", "task_not_found"],
});
