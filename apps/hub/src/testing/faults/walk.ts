import { Completion, TaskChanges } from "@orchestratia/protocol/tasks";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import type { Caller } from "../../access/caller.ts";
import { transaction } from "../../db/transaction.ts";
import { addDependency } from "../../dependencies/add-dependency.ts";
import { removeDependency } from "../../dependencies/remove-dependency.ts";
import { placeTask } from "../../epics/place-task.ts";
import { respondIntervention } from "../../interventions/respond-intervention.ts";
import { archiveTask } from "../../tasks/archive-task.ts";
import { assignTask, unassignTask } from "../../tasks/assign-task.ts";
import { cancelTask } from "../../tasks/cancel-task.ts";
import { completeTask } from "../../tasks/complete-task.ts";
import { failTask } from "../../tasks/fail-task.ts";
import { helpTask } from "../../tasks/help-task.ts";
import { approvePlan, planTask, revisePlan } from "../../tasks/plan-task.ts";
import { reopenTask } from "../../tasks/reopen-task.ts";
import { requeueTask } from "../../tasks/requeue-task.ts";
import { retryTask } from "../../tasks/retry-task.ts";
import { approveTask, requestChanges } from "../../tasks/review-decision.ts";
import { startTask } from "../../tasks/start-task.ts";
import { updateTask } from "../../tasks/update-task.ts";
import type { TestEngine, TestServerRow } from "../test-engine.ts";
import { ADA } from "../worker-stage.ts";

/** What the walk does next is drawn from these: a name more often, the likelier. */
type Step = () => Promise<unknown>;

interface TaskNow {
  id: string;
  key: string;
  type: string;
  status: string;
  parent_id: string | null;
  auto_assign: boolean;
  assigned_session_id: string | null;
  children: number;
  open_children: number;
  had_lease: boolean;
}

const result = Completion.parse({ result: { summary: "done", contracts: { api: 1 } } });
const partial = Completion.parse({ result: { summary: "some of it" }, allow_partial: true });

/** A project in which anything happens to anybody, drawn by `random`. */
export class Walk {
  readonly hub: TestEngine;
  readonly project: ProjectId;
  readonly servers: TestServerRow[] = [];
  readonly #random: () => number;

  constructor(hub: TestEngine, project: ProjectId, random: () => number) {
    this.hub = hub;
    this.project = project;
    this.#random = random;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  chance = (share: number): boolean => this.#random() < share;

  tasks(): Promise<TaskNow[]> {
    return this.hub.sql.query<TaskNow>(
      `select id, key, type::text, status::text, parent_id, auto_assign, assigned_session_id,
         (select count(*)::int from tasks c where c.parent_id = t.id) as children,
         (select count(*)::int from tasks c where c.parent_id = t.id and c.status not in ('done', 'failed', 'cancelled'))
           as open_children,
         exists (select from engine.leases l where l.task_id = t.id) as had_lease
       from tasks t where project_id = $1 order by number`,
      [this.project],
    );
  }

  /** The session as the caller of its own reports. */
  worker(id: string | null | undefined): Caller | undefined {
    const session = id ? this.hub.sessions.get(id) : undefined;
    if (!session) return undefined;
    const { name, serverId, projectId } = session;
    return { kind: "session", id: session.id, name, serverId, projectId, role: "worker" };
  }

  /** Each server has its heartbeat, its socket and a session, and all its sessions are at their prompt. */
  async heal(): Promise<void> {
    for (const server of this.servers) {
      this.hub.connect(server.id);
      await this.hub.comeOnline(server.id);
      const open = this.#live().filter(({ serverId, closedBy }) => serverId === server.id && closedBy === undefined);
      if (open.length === 0) await this.hub.addSession(this.project, server, "claude");
    }
    for (const session of this.#live()) {
      if (session.closedBy) await this.hub.sessionEnds(session.id);
      else await this.hub.sessionReports(session.id, "idle");
    }
  }

  /** As if so many minutes had passed. */
  async pass(minutes: number): Promise<void> {
    const back = (table: string, ...columns: string[]) => {
      const assignments = columns.map((column) => `${column} = ${column} - make_interval(mins => $1)`);
      return transaction(this.hub.sessionHub.database.pool, (tx) =>
        tx.query(`update ${table} set ${assignments.join(", ")}`, [minutes]),
      );
    };
    await back("engine.leases", "act_at", "expires_at", "lost_since");
    await back("tasks", "delivered_at", "told_at", "reminded_at", "ask_at", "updated_at", "eligible_at", "waits_since");
    await back("servers", "offline_since");
    await back("sessions", "missing_since");
    await back("interventions", "timeout_at");
  }

  #live() {
    return this.hub.sessions.all().filter(({ status }) => status !== "closed" && status !== "error");
  }

  async #create(): Promise<void> {
    const tasks = await this.tasks();
    const parent = this.chance(0.4)
      ? this.pick(tasks.filter(({ type, children }) => type === "epic" || children > 0))
      : undefined;
    const anyParent = this.chance(0.1) ? this.pick(tasks) : undefined;
    const upstream = this.chance(0.5) ? this.pick(tasks) : undefined;
    const input = this.chance(0.3);
    await this.hub.addTask(this.project, {
      type: this.chance(0.2) ? "epic" : "feature",
      ...(this.chance(0.3) && { exec_mode: "seq" }),
      auto_assign: this.chance(0.7),
      require_plan: this.chance(0.2),
      require_review: this.chance(0.2),
      ...((anyParent ?? parent) && { parent_id: (anyParent ?? parent)?.id }),
      ...(upstream && {
        dependencies: [
          {
            depends_on_task_id: upstream.id,
            dependency_type: input ? "input" : "blocks",
            ...(input && { contract_key: "api" }),
          },
        ],
      }),
    });
  }

  /** A worker says something about its task. */
  async #report(task: TaskNow): Promise<unknown> {
    const { engine } = this.hub;
    const caller = this.worker(task.assigned_session_id);
    if (!caller) return undefined;
    switch (task.status) {
      case "assigned":
        return startTask(engine, caller, task.id);
      case "planning":
        return planTask(engine, caller, task.id, "First this.");
      case "running":
        if (this.chance(0.2)) return failTask(engine, caller, task.id, "no");
        if (this.chance(0.3)) {
          const intervention_type = this.pick(["help", "question", "approval"] as const) ?? "help";
          const timeout = this.chance(0.5) ? { timeout_seconds: 60 } : {};
          return helpTask(engine, caller, task.id, { question: "Which?", intervention_type, ...timeout });
        }
        return completeTask(engine, caller, task.id, this.chance(0.8) ? result : partial);
      case "needs_human":
        return this.chance(0.5) ? startTask(engine, caller, task.id) : completeTask(engine, caller, task.id, result);
      default:
        return undefined;
    }
  }

  /** Whoever had the task before reports late. */
  async #reportLate(task: TaskNow): Promise<unknown> {
    const [lease] = await this.hub.sql.query<{ session_id: string }>(
      "select session_id from engine.leases where task_id = $1 order by epoch limit 1",
      [task.id],
    );
    const caller = this.worker(lease?.session_id);
    return caller && completeTask(this.hub.engine, caller, task.id, result);
  }

  async #decide(task: TaskNow): Promise<unknown> {
    const { engine } = this.hub;
    if (task.status === "plan_review") {
      return this.chance(0.6) ? approvePlan(engine, ADA, task.id) : revisePlan(engine, ADA, task.id, "More detail");
    }
    if (task.status !== "review") return undefined;
    return this.chance(0.6) ? approveTask(engine, ADA, task.id) : requestChanges(engine, ADA, task.id, "More tests");
  }

  /** Answers something that is asked, with any of its options. */
  async #answer(): Promise<unknown> {
    const open = await this.hub.sql.query<{ id: string; options: string[] }>(
      "select id, options from interventions where project_id = $1 and status = 'pending' order by created_at",
      [this.project],
    );
    const asked = this.pick(open);
    return asked && respondIntervention(this.hub.engine, ADA, asked.id, this.pick(asked.options) ?? "yes");
  }

  async #edge(): Promise<unknown> {
    const tasks = await this.tasks();
    const [one, other] = [this.pick(tasks), this.pick(tasks)];
    if (!one || !other) return undefined;
    if (this.chance(0.3)) return removeDependency(this.hub.engine, ADA, one.id, other.id);
    const edge = { depends_on_task_id: other.id as never, dependency_type: "blocks" } as const;
    return addDependency(this.hub.engine, ADA, one.id, edge);
  }

  async #place(): Promise<unknown> {
    const tasks = await this.tasks();
    const task = this.pick(tasks);
    if (!task) return undefined;
    const parents = tasks.filter(({ type }) => type === "epic");
    return placeTask(this.hub.engine, ADA, task.id, { parentId: this.chance(0.3) ? null : this.pick(parents)?.id });
  }

  async #assign(task: TaskNow): Promise<unknown> {
    const session = this.pick(this.#live());
    const server = this.pick(this.servers);
    const to = session && this.chance(0.6) ? { session_id: session.id } : { server_id: server?.id as ServerId };
    return assignTask(this.hub.engine, ADA, task.id, to);
  }

  async #session(): Promise<unknown> {
    const live = this.#live();
    const session = this.pick(live);
    if (!session || (live.length < 6 && this.chance(0.3))) {
      const server = this.pick(this.servers);
      return server && this.hub.addSession(this.project, server, "claude");
    }
    const id: SessionId = session.id;
    if (session.status === "starting") {
      return this.chance(0.6) ? this.hub.sessionReports(id, "idle") : this.hub.sessionEnds(id, "no such program");
    }
    const what = this.#random();
    if (what < 0.12) return this.hub.sessionEnds(id);
    if (what < 0.25) return this.hub.sessionIsMissing(id, "lost");
    return this.hub.sessionReports(id, this.pick(["idle", "idle", "working", "waiting"] as const) ?? "idle");
  }

  async #server(): Promise<unknown> {
    const server = this.pick(this.servers);
    if (!server) return undefined;
    const what = this.#random();
    if (what < 0.2) return this.hub.goOffline(server.id);
    if (what < 0.4) return this.hub.disconnect(server.id);
    this.hub.connect(server.id);
    return this.hub.comeOnline(server.id);
  }

  /** One thing happens, to whomever it is drawn. Refusals are part of the game; the caller sees them. */
  async step(): Promise<unknown> {
    const { engine } = this.hub;
    const tasks = await this.tasks();
    const task = this.pick(tasks);
    if (!task || tasks.length < 5) return this.#create();
    /** Mostly one with which something can be done. */
    const one = (...statuses: string[]) =>
      (this.chance(0.9) && this.pick(tasks.filter(({ status }) => statuses.includes(status)))) || task;
    const held = tasks.filter(({ assigned_session_id }) => this.worker(assigned_session_id));
    const atWork = held.filter(({ status }) => ["assigned", "planning", "running", "needs_human"].includes(status));
    const steps: [number, Step][] = [
      [tasks.length < 25 ? 8 : 1, () => this.#create()],
      [40, async () => this.#report(this.pick(atWork) ?? task)],
      [6, async () => this.#decide(one("plan_review", "review"))],
      [10, () => this.#answer()],
      [8, () => this.#edge()],
      [5, () => this.#place()],
      [6, () => this.#assign(one("pending", "assigned"))],
      [12, () => this.#session()],
      [4, () => this.#server()],
      [3, () => this.#reportLate(one("pending", "assigned"))],
      [2, () => unassignTask(engine, ADA, one("assigned").id)],
      [3, () => requeueTask(engine, ADA, one("running", "planning", "review").id, "wanted elsewhere")],
      [1, () => cancelTask(engine, ADA, task.id)],
      [5, () => retryTask(engine, ADA, one("failed", "cancelled").id)],
      [5, () => reopenTask(engine, ADA, one("done").id)],
      [2, () => failTask(engine, ADA, one("running", "planning", "needs_human").id, "a dead end")],
      [2, () => archiveTask(engine, ADA, one("done", "failed", "cancelled").id)],
      [2, () => updateTask(engine, ADA, task.id, TaskChanges.parse({ exec_mode: this.chance(0.5) ? "seq" : "par" }))],
      [1, () => updateTask(engine, ADA, task.id, TaskChanges.parse({ auto_assign: this.chance(0.5) }))],
      [4, () => this.pass(this.pick([1, 5, 11, 31]) ?? 1).then(() => this.hub.engine.rederive())],
    ];
    let at = this.#random() * steps.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, go] of steps) {
      at -= weight;
      if (at < 0) return go();
    }
    return undefined;
  }

  /** Everybody does what is theirs to do, and nobody anything else. */
  async goOn(task: TaskNow): Promise<unknown> {
    const { engine } = this.hub;
    const caller = this.worker(task.assigned_session_id);
    const isParent = task.children > 0 && !task.had_lease;
    if (task.status === "pending" && (task.type === "epic" || isParent)) {
      if (task.open_children === 0) await this.hub.addTask(this.project, { parent_id: task.id });
      return undefined;
    }
    if (task.status === "pending" && !task.auto_assign) {
      return updateTask(engine, ADA, task.id, TaskChanges.parse({ auto_assign: true }));
    }
    if (task.status === "plan_review") return approvePlan(engine, ADA, task.id);
    if (task.status === "review") return approveTask(engine, ADA, task.id);
    if (!caller) return undefined;
    if (task.status === "assigned" || task.status === "needs_human") return startTask(engine, caller, task.id);
    if (task.status === "planning") return planTask(engine, caller, task.id, "First this.");
    return task.status === "running" ? completeTask(engine, caller, task.id, result) : undefined;
  }

  /** Each open question is answered with what brings the work further. */
  async answerAll(): Promise<void> {
    const open = await this.hub.sql.query<{ id: string; options: string[] }>(
      "select id, options from interventions where project_id = $1 and status = 'pending' order by created_at",
      [this.project],
    );
    for (const { id, options } of open) {
      const choice = FORWARD.find((option) => options.includes(option)) ?? options[0] ?? "yes";
      await settledOrRefused(() => respondIntervention(this.hub.engine, ADA, id, choice));
    }
  }
}

/** The answers that bring the work further. */
const FORWARD = [
  "Retry upstream",
  "Drop the dependency",
  "Retry the failed ones",
  "Settle it as done",
  "Let the hub choose",
  "Reassign",
  "Move",
  "Deliver again",
];

/** The code of a refusal; whatever is no refusal is a fault and thrown. */
export async function settledOrRefused(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (error instanceof Error && error.name === "Problem" && code !== undefined && code !== "internal") return code;
    throw error;
  }
}
