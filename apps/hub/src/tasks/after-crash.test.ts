import { Completion, NewTask, TaskChanges } from "@orchestratia/protocol/tasks";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { removeDependency } from "../dependencies/remove-dependency.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine, type TestServerRow } from "../testing/test-engine.ts";
import { ADA } from "../testing/worker-stage.ts";
import { assignTask, unassignTask } from "./assign-task.ts";
import { cancelTask } from "./cancel-task.ts";
import { completeTask, completionFold } from "./complete-task.ts";
import { createTask } from "./create-task.ts";
import type { Engine } from "./engine.ts";
import { failTask } from "./fail-task.ts";
import { helpTask } from "./help-task.ts";
import { approvePlan, planTask, revisePlan } from "./plan-task.ts";
import { ProjectWriters } from "./project-writer.ts";
import { reopenTask } from "./reopen-task.ts";
import { requeueTask } from "./requeue-task.ts";
import { retryTask } from "./retry-task.ts";
import { requestChanges } from "./review-decision.ts";
import { startTask } from "./start-task.ts";
import { updateTask } from "./update-task.ts";

type Session = Extract<Caller, { kind: "session" }>;

interface Scene {
  hub: TestEngine;
  project: ProjectId;
  server: TestServerRow;
  /** At work on `task`. */
  worker: Session;
  /** At its prompt. */
  idle: Session;
  task: string;
}

/** An engine that dies after each commit: its commands write rows, and nothing follows. */
function dying(engine: Engine): Engine {
  const nothing = () => {};
  const dead: Engine = {
    ...engine,
    events: { wake: nothing },
    matcher: { wake: nothing } as never,
    delivery: { deliver: nothing, release: nothing, bind: nothing, wake: nothing, endSession: nothing } as never,
    writers: new ProjectWriters(completionFold(() => dead)),
  };
  return dead;
}

async function scene(hub: TestEngine, settings: Record<string, unknown>): Promise<Scene> {
  const project = await hub.addProject({ auto_start_sessions: false, ...settings });
  const server = await hub.addServer(project, { agents: ["claude"], max: 10 });
  const worker = await hub.addSession(project, server, "claude");
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: worker.id });
  await hub.settled();
  await startTask(hub.engine, worker, task);
  const idle = await hub.addSession(project, server, "claude");
  await hub.settled();
  return { hub, project, server, worker, idle, task };
}

const done = Completion.parse({ result: { summary: "done" } });

interface Crash {
  settings?: Record<string, unknown>;
  /** Before the hub dies. Answers what the scene has besides. */
  before?(on: Scene): Promise<string>;
  /** The last thing that the hub does. */
  last(dead: Engine, on: Scene, more: string): Promise<unknown>;
  /** What comes over the server's new socket, or what the rows say after it. */
  after(frames: TestServerRow["frames"], on: Scene & { more: string }): Promise<unknown> | unknown;
}

const assignedTo = (session: Session, task_id: string) =>
  expect.objectContaining({ type: "task_assigned", session_id: session.id, task_id });
/** To whichever session is at its prompt. */
const assigned = (task_id: string) => expect.objectContaining({ type: "task_assigned", task_id });
const noteTo = (session: Session, task_id: string) =>
  expect.objectContaining({ type: "task_note", session_id: session.id, task_id, urgent: true });

/** A task that waits for the scene's, and may be placed. */
const dependent = ({ hub, project, task }: Scene) => hub.addTask(project, { dependency_ids: [task] });

const CRASHES: Record<string, Crash> = {
  "a new task is placed and brought to a session": {
    last: (dead, { project }) => createTask(dead, SYSTEM, project, NewTask.parse({ title: "New", spec: "Do it." })),
    async after(frames, { hub, idle }) {
      const [fresh] = await hub.sql.query<{ id: string }>("select id from tasks where title = 'New'");
      expect(frames).toContainEqual(assignedTo(idle, fresh?.id ?? ""));
    },
  },
  "what a completion unblocked is brought to a session": {
    before: dependent,
    last: (dead, { worker, task }) => completeTask(dead, worker, task, done),
    after: (frames, { more }) => expect(frames).toContainEqual(assigned(more)),
  },
  "a dropped dependency frees its task": {
    before: dependent,
    last: (dead, { task }, more) => removeDependency(dead, ADA, more, task),
    after: (frames, { idle, more }) => expect(frames).toContainEqual(assignedTo(idle, more)),
  },
  "a failure is asked about": {
    before: dependent,
    last: (dead, { worker, task }) => failTask(dead, worker, task, "no"),
    async after(_, { hub, more }) {
      const asked = await hub.sql.query("select cause from interventions where task_id = $1", [more]);
      expect(asked).toEqual([{ cause: expect.stringMatching(/^upstream_failed:/) }]);
    },
  },
  "who was told of a task that was taken back is told so": {
    async before({ hub, project, idle }) {
      const task = await hub.addTask(project);
      await hub.settled();
      expect(await hub.task(task)).toMatchObject({ assigned_session_id: idle.id });
      return task;
    },
    last: (dead, _, more) => unassignTask(dead, ADA, more),
    after: (frames, { idle, more }) => expect(frames).toContainEqual(noteTo(idle, more)),
  },
  "a requeued task stops here and begins there": {
    async before({ hub, task }) {
      await hub.sql.query("update tasks set auto_assign = true where id = $1", [task]);
      return task;
    },
    last: (dead, { task }) => requeueTask(dead, ADA, task, "wanted elsewhere"),
    after(frames, { worker, task }) {
      expect(frames).toContainEqual(noteTo(worker, task));
      expect(frames).toContainEqual(assigned(task));
    },
  },
  "who works on a cancelled task is told to stop": {
    last: (dead, { task }) => cancelTask(dead, ADA, task),
    after: (frames, { worker, task }) => expect(frames).toContainEqual(noteTo(worker, task)),
  },
  "the session of a settled task is closed where the project wants that": {
    settings: { close_session_on_settle: true },
    last: (dead, { worker, task }) => completeTask(dead, worker, task, done),
    after(frames, { worker, idle }) {
      const closed = frames.flatMap((frame) => (frame.type === "session_close" ? frame.session_id : []));
      expect(closed).toContain(worker.id);
      expect(closed).not.toContain(idle.id);
    },
  },
  "a task that is tried again is brought to a session": {
    async before({ hub, worker, task }) {
      await hub.sql.query("update tasks set auto_assign = true where id = $1", [task]);
      await failTask(hub.engine, worker, task, "no");
      return task;
    },
    last: (dead, { task }) => retryTask(dead, ADA, task),
    after: (frames, { task }) => expect(frames).toContainEqual(assigned(task)),
  },
  "who was told of what waits again for a reopened task is told so": {
    async before(on) {
      const waiting = await dependent(on);
      await completeTask(on.hub.engine, on.worker, on.task, done);
      await on.hub.settled();
      return waiting;
    },
    last: (dead, { task }) => reopenTask(dead, ADA, task),
    async after(frames, { hub, more }) {
      expect(await hub.task(more)).toMatchObject({ status: "assigned", blockers: 1, delivered_at: null });
      expect(frames).toContainEqual(expect.objectContaining({ type: "task_note", task_id: more, urgent: true }));
    },
  },
  "an answer reaches the session that asked": {
    async before({ hub, worker, task }) {
      const asked = await helpTask(hub.engine, worker, task, { question: "Which?", intervention_type: "help" });
      return asked.intervention_id;
    },
    last: (dead, _, more) => respondIntervention(dead, ADA, more, "That one"),
    after: (frames, { worker, task }) =>
      expect(frames).toContainEqual(
        expect.objectContaining({
          type: "intervention_response",
          session_id: worker.id,
          task_id: task,
          response: "That one",
        }),
      ),
  },
  "an approved plan reaches its worker": {
    settings: { require_plan_approval: true },
    async before({ hub, worker, task }) {
      await planTask(hub.engine, worker, task, "First this.");
      return task;
    },
    last: (dead, { task }) => approvePlan(dead, ADA, task),
    after: (frames, { worker, task }) =>
      expect(frames).toContainEqual(
        expect.objectContaining({ type: "plan_approved", session_id: worker.id, task_id: task }),
      ),
  },
  "a plan that was sent back reaches its worker": {
    settings: { require_plan_approval: true },
    async before({ hub, worker, task }) {
      await planTask(hub.engine, worker, task, "First this.");
      return task;
    },
    last: (dead, { task }) => revisePlan(dead, ADA, task, "More detail"),
    after: (frames, { worker, task }) =>
      expect(frames).toContainEqual(
        expect.objectContaining({
          type: "plan_revision",
          session_id: worker.id,
          task_id: task,
          feedback: "More detail",
        }),
      ),
  },
  "changes that a reviewer wants reach the worker": {
    settings: { require_review: true },
    async before({ hub, worker, task }) {
      await completeTask(hub.engine, worker, task, done);
      return task;
    },
    last: (dead, { task }) => requestChanges(dead, ADA, task, "More tests"),
    after: (frames, { worker, task }) => expect(frames).toContainEqual(noteTo(worker, task)),
  },
  "a changed spec reaches the worker": {
    last: (dead, { task }) => updateTask(dead, ADA, task, TaskChanges.parse({ spec: "Do the other thing." })),
    after: (frames, { worker, task }) =>
      expect(frames).toContainEqual(
        expect.objectContaining({ type: "task_updated", session_id: worker.id, task_id: task }),
      ),
  },
  "a parent settles with its last child, and frees what waits for it": {
    async before({ hub, project, task }) {
      const epic = await hub.addTask(project, { type: "epic" });
      await hub.sql.query("update tasks set parent_id = $2, position = 0 where id = $1", [task, epic]);
      return hub.addTask(project, { dependency_ids: [epic] });
    },
    last: (dead, { worker, task }) => completeTask(dead, worker, task, done),
    after: (frames, { more }) => expect(frames).toContainEqual(assigned(more)),
  },
};

test.each(Object.entries(CRASHES))("after a crash between the commit and all that follows: %s", async (_, crash) => {
  await using database = await createTestDatabase();
  await using before = await openTestEngine(database.url);
  const on = await scene(before, crash.settings ?? {});
  const more = (await crash.before?.(on)) ?? "";
  await before.settled();
  await crash.last(dying(before.engine), on, more);

  await using after = await openTestEngine(database.url);
  await after.loadSessions();
  const { frames } = after.connect(on.server.id);
  await after.engine.fleet.refresh(on.server.id);
  await after.sessionReports(on.worker.id, "idle");
  await after.sessionReports(on.idle.id, "idle");
  await after.engine.rederive();
  await after.settled();
  await crash.after(frames, { ...on, hub: after, more });
  // Nothing is said or done twice by looking again.
  const said = frames.length;
  await after.engine.rederive();
  await after.settled();
  expect(frames.slice(said)).toEqual([]);
});
