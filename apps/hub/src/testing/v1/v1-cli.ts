import { urllib, type V1Answer } from "./v1-http.ts";

/** What the CLI prints to stderr, ending with 1. */
export class V1CliError extends Error {
  override readonly name = "V1CliError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A task as the CLI prints it; what it reads without a default is here. */
export interface V1Task {
  id: string;
  title: string;
  status: string;
  priority: string;
  spec: string;
  dependencies: { resolved: boolean; depends_on_task_id: string; dependency_type?: string; contract_key?: string }[];
  resolved_inputs: Record<string, unknown> | null;
  structured_spec: Record<string, unknown> | null;
  acceptance_criteria: string[] | null;
  [member: string]: unknown;
}

type Fields = Record<string, unknown>;

const TASKS = "/api/v1/server/tasks";

/** The commands of the version 1 CLI, as requests with its habits. It says who it is only where that one does. */
export class V1Cli {
  readonly #url: string;
  readonly #key: string;
  readonly #env: { sessionId?: string | undefined; projectId?: string | undefined };

  constructor(url: string, key: string, env: { sessionId?: string; projectId?: string } = {}) {
    this.#url = url;
    this.#key = key;
    this.#env = env;
  }

  raw(method: string, path: string, body?: Fields): Promise<V1Answer> {
    // An empty dict is not sent.
    const given = body !== undefined && Object.keys(body).length > 0 ? body : undefined;
    return urllib({ method, url: this.#url + path, key: this.#key, body: given });
  }

  /** Every success is parsed, every error is an object with `detail`. */
  async call<T>(method: string, path: string, body?: Fields): Promise<T> {
    const { status, text } = await this.raw(method, path, body);
    if (status >= 200 && status < 300) return JSON.parse(text) as T;
    const error = JSON.parse(text) as { detail?: unknown };
    if (Array.isArray(error) || typeof error !== "object") throw new TypeError("a traceback: the error is no object");
    const detail = error.detail === undefined ? text : error.detail;
    throw new V1CliError(status, `HTTP ${status}: ${typeof detail === "string" ? detail : JSON.stringify(detail)}`);
  }

  create(task: Fields): Promise<V1Task> {
    const { sessionId: session_id, projectId: project_id } = this.#env;
    return this.#task("POST", TASKS, {
      priority: "normal",
      type: "feature",
      ...(session_id !== undefined && { session_id }),
      ...(project_id !== undefined && { project_id }),
      ...task,
    });
  }

  check(): Promise<{ count: number; tasks: V1Task[] }> {
    const { sessionId } = this.#env;
    return this.call("GET", `${TASKS}/check${sessionId === undefined ? "" : `?session_id=${sessionId}`}`);
  }

  async list(query = ""): Promise<V1Task[]> {
    return (await this.call<{ tasks: V1Task[] }>("GET", TASKS + query)).tasks;
  }

  /** The id that begins with this, found in the unfiltered list. */
  async resolve(prefix: string): Promise<string> {
    const found = (await this.list()).filter(({ id }) => id.startsWith(prefix));
    if (found.length !== 1) throw new V1CliError(0, `${found.length} tasks begin with ${prefix}`);
    return (found[0] as V1Task).id;
  }

  view = (id: string) => this.#task("GET", `${TASKS}/${id}`);
  start = (id: string) => this.#task("POST", `${TASKS}/${id}/start`);
  complete = (id: string, result: unknown, more: Fields = {}) =>
    this.#task("POST", `${TASKS}/${id}/complete`, { result, ...more });
  fail = (id: string, error: string) => this.#task("POST", `${TASKS}/${id}/fail`, { error });
  plan = (id: string, plan: unknown) => this.#task("POST", `${TASKS}/${id}/plan`, { plan });
  assign = (id: string, session_name: string, more: Fields = {}) =>
    this.#task("POST", `${TASKS}/${id}/assign`, { session_name, ...more });
  update = (id: string, changes: Fields) => this.#task("PUT", `${TASKS}/${id}`, changes);
  cancel = (id: string) => this.call<unknown>("DELETE", `${TASKS}/${id}`);

  help = (id: string, question: string, intervention_type = "help") =>
    this.call<{ intervention_id: string; status: string }>("POST", `${TASKS}/${id}/help`, {
      question,
      intervention_type,
    });
  note = (id: string, content: string, urgent = false) =>
    this.call<unknown>("POST", `${TASKS}/${id}/notes`, { content, urgent });
  notes = (id: string) =>
    this.call<{ urgent: boolean; created_at: string; author: string; content: string }[]>(
      "GET",
      `${TASKS}/${id}/notes`,
    );
  addDependency = (id: string, depends_on_task_id: string, more: Fields = { dependency_type: "blocks" }) =>
    this.call<{ resolved: boolean; dependency_type: string; contract_key?: string | null }>(
      "POST",
      `${TASKS}/${id}/dependencies`,
      { depends_on_task_id, ...more },
    );
  removeDependency = (id: string, upstream: string) =>
    this.call<unknown>("DELETE", `${TASKS}/${id}/dependencies/${upstream}`);

  interventions = (query = "") =>
    this.call<{ id: string; status: string; question: string }[]>("GET", `/api/v1/server/interventions${query}`);
  respond = (id: string, response: string) =>
    this.call<{ id: string; status: string }>("POST", `/api/v1/server/interventions/${id}/respond`, { response });
  servers = () => this.call<{ servers: Fields[] }>("GET", "/api/v1/server/servers");
  sessions = () =>
    this.call<{ sessions: Fields[] }>("GET", `/api/v1/server/sessions?project_id=${this.#env.projectId}`);
  status = () => {
    const { sessionId } = this.#env;
    return this.call<Fields>(
      "GET",
      `/api/v1/server/status${sessionId === undefined ? "" : `?session_id=${sessionId}`}`,
    );
  };
  grants = () => this.call<unknown[]>("GET", "/api/v1/server/access-grants");

  remoteExec = (session_name: string, command: string, timeout = 30) =>
    this.call<{ exit_code: number; stdout: string; stderr: string }>(
      "POST",
      `/api/v1/server/remote/exec?project_id=${this.#env.projectId}`,
      { session_name, command, timeout },
    );
  sendFile = (file: { to: string; filename: string; file_path: string; file_size: number; sha256: string }) => {
    const { to: target_session, ...rest } = file;
    return this.call<{ transfer_id: string }>("POST", "/api/v1/server/remote/file-transfer", {
      target_session,
      project_id: this.#env.projectId,
      ...rest,
    });
  };
  fileStatus = (transfer: string) =>
    this.call<{ status: string; error: string | null; chunks_relayed: number; total_chunks: number; filename: string }>(
      "GET",
      `/api/v1/server/remote/file-transfer/${transfer}`,
    );

  /** Prints the task, which is a traceback where a member is missing or has another form. */
  async #task(method: string, path: string, body?: Fields): Promise<V1Task> {
    const task = await this.call<V1Task>(method, path, body);
    for (const name of ["id", "title", "status", "priority", "spec"]) {
      if (typeof task[name] !== "string") throw new TypeError(`a traceback: the task has no ${name}`);
    }
    for (const { resolved, depends_on_task_id } of task.dependencies) {
      if (typeof resolved !== "boolean" || typeof depends_on_task_id !== "string") {
        throw new TypeError("a traceback: a dependency is incomplete");
      }
    }
    for (const name of ["resolved_inputs", "structured_spec", "plan"]) {
      const value = task[name] ?? {};
      if (typeof value !== "object" || Array.isArray(value)) throw new TypeError(`a traceback: ${name} is no object`);
    }
    return task;
  }
}
