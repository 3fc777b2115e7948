/** Tells a run as lines of text: how each task moves, and what the terminals print about it. */
export class Narrator {
  #say;
  #tasks = new Map();
  /** The task that a session works on, told by the line with which the agent begins it. */
  #working = new Map();

  constructor(say) {
    this.#say = say;
  }

  /** True while a terminal has not yet printed the end of what it began. */
  get isMidSentence() {
    return this.#working.size > 0;
  }

  look(tasks) {
    for (const task of tasks) {
      const before = this.#tasks.get(task.id)?.status ?? "pending";
      this.#tasks.set(task.id, task);
      if (task.status === before) continue;
      const where = task.status === "assigned" ? ` to ${task.assigned_server_name}` : "";
      this.#say(`${task.key}    ${task.title}: ${task.status}${where}`);
    }
  }

  hear(sessionId, line) {
    const begun = [...this.#tasks.values()].find(({ key, title }) => line === `${key} ${title}`);
    if (begun) this.#working.set(sessionId, begun.key);
    const key = this.#working.get(sessionId);
    if (key === undefined || line === "") return;
    this.#say(`${key}  │ ${line}`);
    if (/ is (done|failed|review)$/.test(line) && line.includes(key)) this.#working.delete(sessionId);
  }
}
