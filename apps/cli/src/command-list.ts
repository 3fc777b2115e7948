import type { CommandModule } from "./command-module.ts";

interface ListedCommand {
  /** The words that call it. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** The words under which commands stand, outer ones first. */
export const GROUPS: Readonly<Record<string, string>> = {
  task: "Make, find and work on tasks",
  "task deps": "What a task waits for",
  "task output": "What was printed while a task was worked on",
  intervention: "Questions that wait for an answer",
  server: "The project's machines",
  session: "The project's terminals",
  remote: "Other sessions' machines, for orchestrator sessions",
  file: "Files for other sessions' machines",
  pipeline: "Several tasks at once",
  project: "What belongs together, and who works on it",
  token: "Access tokens for programs",
};

/** Every command, in the order of the help. A module is loaded when its command is called. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: "task create",
    summary: "Make a task",
    load: async () => (await import("./commands/task-create.ts")).taskCreate,
  },
  {
    name: "task list",
    summary: "The project's tasks, newest first",
    load: async () => (await import("./commands/task-list.ts")).taskList,
  },
  {
    name: "task check",
    summary: "The unsettled tasks of this session, with everything needed to work on them",
    load: async () => (await import("./commands/task-check.ts")).taskCheck,
  },
  {
    name: "task view",
    summary: "One task in full",
    load: async () => (await import("./commands/task-view.ts")).taskView,
  },
  {
    name: "task status",
    summary: "One task in full (the same as view)",
    load: async () => (await import("./commands/task-status.ts")).taskStatus,
  },
  {
    name: "task start",
    summary: "Begin to work on a task",
    load: async () => (await import("./commands/task-start.ts")).taskStart,
  },
  {
    name: "task plan",
    summary: "Submit the plan of a task for review",
    load: async () => (await import("./commands/task-plan.ts")).taskPlan,
  },
  {
    name: "task complete",
    summary: "Deliver a task's result",
    load: async () => (await import("./commands/task-complete.ts")).taskComplete,
  },
  {
    name: "task submit",
    summary: "Deliver a task's result for review",
    load: async () => (await import("./commands/task-submit.ts")).taskSubmit,
  },
  {
    name: "task fail",
    summary: "Give a task up, saying why",
    load: async () => (await import("./commands/task-fail.ts")).taskFail,
  },
  {
    name: "task help",
    summary: "Ask a person; the task waits for the answer",
    load: async () => (await import("./commands/task-help.ts")).taskHelp,
  },
  {
    name: "task note",
    summary: "Write a note on a task",
    load: async () => (await import("./commands/task-note.ts")).taskNote,
  },
  {
    name: "task notes",
    summary: "The notes on a task, oldest first",
    load: async () => (await import("./commands/task-notes.ts")).taskNotes,
  },
  {
    name: "task assign",
    summary: "Give a task to a session",
    load: async () => (await import("./commands/task-assign.ts")).taskAssign,
  },
  {
    name: "task update",
    summary: "Change a task's fields",
    load: async () => (await import("./commands/task-update.ts")).taskUpdate,
  },
  {
    name: "task cancel",
    summary: "Cancel a task and its children",
    load: async () => (await import("./commands/task-cancel.ts")).taskCancel,
  },
  {
    name: "task approve",
    summary: "Approve the plan of a task (people and, where allowed, orchestrators)",
    load: async () => (await import("./commands/task-approve.ts")).taskApprove,
  },
  {
    name: "task revise",
    summary: "Ask for another plan, saying what to do otherwise (people and, where allowed, orchestrators)",
    load: async () => (await import("./commands/task-revise.ts")).taskRevise,
  },
  {
    name: "task review",
    summary: "Approve a result, or ask for changes (people)",
    load: async () => (await import("./commands/task-review.ts")).taskReview,
  },
  {
    name: "task plans",
    summary: "Every plan that was submitted for a task, with what was said to it",
    load: async () => (await import("./commands/task-plans.ts")).taskPlans,
  },
  {
    name: "task requeue",
    summary: "Take a task from its worker for another attempt (people)",
    load: async () => (await import("./commands/task-requeue.ts")).taskRequeue,
  },
  {
    name: "task retry",
    summary: "Try a failed or cancelled task again (people)",
    load: async () => (await import("./commands/task-retry.ts")).taskRetry,
  },
  {
    name: "task reopen",
    summary: "Take a done task up again (people)",
    load: async () => (await import("./commands/task-reopen.ts")).taskReopen,
  },
  {
    name: "task archive",
    summary: "Put a settled task away (people)",
    load: async () => (await import("./commands/task-archive.ts")).taskArchive,
  },
  {
    name: "task unarchive",
    summary: "Take a task back from the archive (people)",
    load: async () => (await import("./commands/task-unarchive.ts")).taskUnarchive,
  },
  {
    name: "task children",
    summary: "The parts of a task, in their order",
    load: async () => (await import("./commands/task-children.ts")).taskChildren,
  },
  {
    name: "task place",
    summary: "Put a task under another, or elsewhere among the parts of its parent (people and orchestrators)",
    load: async () => (await import("./commands/task-place.ts")).taskPlace,
  },
  {
    name: "task deps add",
    summary: "Let a task wait for another",
    load: async () => (await import("./commands/task-deps-add.ts")).taskDepsAdd,
  },
  {
    name: "task deps remove",
    summary: "Let a task no longer wait for another",
    load: async () => (await import("./commands/task-deps-remove.ts")).taskDepsRemove,
  },
  {
    name: "task diff",
    summary: "What a task has changed in its repository",
    load: async () => (await import("./commands/task-diff.ts")).taskDiff,
  },
  {
    name: "task output list",
    summary: "What was printed, and the end of what the session showed",
    load: async () => (await import("./commands/task-output-list.ts")).taskOutputList,
  },
  {
    name: "task output add",
    summary: "Keep a piece of output with a task",
    load: async () => (await import("./commands/task-output-add.ts")).taskOutputAdd,
  },
  {
    name: "intervention list",
    summary: "Questions asked and answered, newest first",
    load: async () => (await import("./commands/intervention-list.ts")).interventionList,
  },
  {
    name: "intervention view",
    summary: "One question with its answer",
    load: async () => (await import("./commands/intervention-view.ts")).interventionView,
  },
  {
    name: "intervention respond",
    summary: "Answer a question (people and orchestrator sessions)",
    load: async () => (await import("./commands/intervention-respond.ts")).interventionRespond,
  },
  {
    name: "server list",
    summary: "The project's servers",
    load: async () => (await import("./commands/server-list.ts")).serverList,
  },
  {
    name: "server drain",
    summary: "Give a server nothing new; it finishes what it has (people)",
    load: async () => (await import("./commands/server-drain.ts")).serverDrain,
  },
  {
    name: "server undrain",
    summary: "Give a drained server work again (people)",
    load: async () => (await import("./commands/server-undrain.ts")).serverUndrain,
  },
  {
    name: "session list",
    summary: "The project's live sessions",
    load: async () => (await import("./commands/session-list.ts")).sessionList,
  },
  {
    name: "session attach",
    summary: "A session's terminal in this one; Ctrl-] twice detaches (people)",
    load: async () => (await import("./commands/session-attach.ts")).sessionAttach,
  },
  {
    name: "session recording",
    summary: "Download what a session printed, for asciinema (people)",
    load: async () => (await import("./commands/session-recording.ts")).sessionRecording,
  },
  {
    name: "remote exec",
    summary: "Run a command on another session's machine; it ends as the command did",
    load: async () => (await import("./commands/remote-exec.ts")).remoteExec,
  },
  {
    name: "remote read",
    summary: "Print a text file of another session's machine",
    load: async () => (await import("./commands/remote-read.ts")).remoteRead,
  },
  {
    name: "file send",
    summary: "Send a file to another session's machine, and wait until it is there",
    load: async () => (await import("./commands/file-send.ts")).fileSend,
  },
  {
    name: "file status",
    summary: "How far a file is that was sent",
    load: async () => (await import("./commands/file-status.ts")).fileStatus,
  },
  {
    name: "pipeline create",
    summary: "Make tasks and their dependencies from one file, all or nothing",
    load: async () => (await import("./commands/pipeline-create.ts")).pipelineCreate,
  },
  {
    name: "match",
    summary: "Which server a task would go to, and why",
    load: async () => (await import("./commands/match.ts")).match,
  },
  {
    name: "search",
    summary: "Find tasks by their words",
    load: async () => (await import("./commands/search.ts")).search,
  },
  {
    name: "events",
    summary: "What happened, and what happens (people)",
    load: async () => (await import("./commands/events.ts")).events,
  },
  {
    name: "doctor",
    summary: "Tasks with which nothing happens, and what to do; exits with 11 when one is an error (people)",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "project list",
    summary: "The projects that you may see",
    load: async () => (await import("./commands/project-list.ts")).projectList,
  },
  {
    name: "project view",
    summary: "One project with its settings",
    load: async () => (await import("./commands/project-view.ts")).projectView,
  },
  {
    name: "project create",
    summary: "Make a project (admins)",
    load: async () => (await import("./commands/project-create.ts")).projectCreate,
  },
  {
    name: "project use",
    summary: "Choose the project of later commands",
    load: async () => (await import("./commands/project-use.ts")).projectUse,
  },
  {
    name: "token create",
    summary: "Make an access token for a program; it is shown once (people)",
    load: async () => (await import("./commands/token-create.ts")).tokenCreate,
  },
  {
    name: "token list",
    summary: "Your access tokens (people)",
    load: async () => (await import("./commands/token-list.ts")).tokenList,
  },
  {
    name: "token revoke",
    summary: "End an access token at once (people)",
    load: async () => (await import("./commands/token-revoke.ts")).tokenRevoke,
  },
  {
    name: "login",
    summary: "Sign in at a hub as a person",
    load: async () => (await import("./commands/login.ts")).login,
  },
  {
    name: "logout",
    summary: "End the sign-in",
    load: async () => (await import("./commands/logout.ts")).logout,
  },
  {
    name: "status",
    summary: "Who this session is and what is on its plate, in one line",
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "completion",
    summary: "A script for your shell that completes commands, options, keys and names",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
  {
    name: "init",
    summary: "Write ORCHESTRATIA.md, which tells agents how to use this CLI",
    load: async () => (await import("./commands/init.ts")).init,
  },
];
