import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";

/** The local daemon's configuration file, as the demo needs it; everything else in it stays as it is. */
export class DaemonConfig {
  #file;
  #document;
  #isNew;

  constructor(home) {
    this.#file = join(home, "agent/agent.yaml");
    this.#isNew = !existsSync(this.#file);
    this.#document = parseDocument(this.#isNew ? "" : readFileSync(this.#file, "utf8"));
    const [mistake] = this.#document.errors;
    if (mistake) throw new Error(`${this.#file}: ${mistake.message}`);
  }

  get registrations() {
    return this.#document.toJS()?.registrations ?? [];
  }

  /** Adds what is missing. */
  async offerDemo({ repository, agent }) {
    const given = this.#document.toJS() ?? {};
    if (this.#isNew) this.#document.set("server_name", "local");
    if (!given.repos?.demo) this.#document.setIn(["repos", "demo"], repository);
    if (!given.agents?.some(({ name }) => name === agent.name)) {
      this.#document.set("agents", [...(given.agents ?? []), agent]);
    }
    await this.#save();
  }

  /** The hub of this registration listens at `url` now. */
  async moveRegistration(serverId, url) {
    const at = this.registrations.findIndex(({ server_id, hub_url }) => server_id === serverId && hub_url !== url);
    if (at < 0) return;
    this.#document.setIn(["registrations", at, "hub_url"], url);
    await this.#save();
  }

  async #save() {
    const text = this.#document.toString({ flowCollectionPadding: true });
    if (!this.#isNew && text === readFileSync(this.#file, "utf8")) return;
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const unfinished = `${this.#file}.${process.pid}.new`;
    await writeFile(unfinished, text, { mode: 0o600 });
    await rename(unfinished, this.#file);
    this.#isNew = false;
  }
}
