import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Where a daemon's own tmux server is. */
export interface TmuxPlace {
  /** The program. */
  path: string;
  socket: string;
}

/** The option by which a session of tmux says which session of ours it is. */
export const sessionOption = "@orchestratia";

/** `path -S socket` with `args`, for spawn. */
export const tmuxLine = ({ path, socket }: TmuxPlace, ...args: string[]): [string, string[]] => [
  path,
  ["-S", socket, ...args],
];

/** A client of tmux in control mode (tmux(1), CONTROL MODE), for commands and what they say; output goes another way. */
export class TmuxControl {
  readonly #child: ChildProcess;
  /** Lines of the reply that is being read. */
  #reply: string[] | undefined;
  /** For each command that was sent and not answered; the first is the attach itself. */
  readonly #replies: ((lines: string[] | undefined) => void)[] = [() => {}];
  /** Commands from before we were attached: tmux might carry them out before that, and refuse them. */
  #early: string[] | undefined = [];
  #isLetGo = false;

  /** `onLost` is called when the client ended, and not by `end`. */
  constructor(place: TmuxPlace, session: string, env: NodeJS.ProcessEnv, onLost: () => void) {
    const [path, args] = tmuxLine(place, "-C", "attach-session", "-f", "no-output", "-t", session);
    this.#child = spawn(path, args, { env, stdio: ["pipe", "pipe", "ignore"] });
    const lost = () => {
      if (this.#isLetGo) return;
      this.#letGo();
      onLost();
    };
    this.#child.on("error", lost).on("exit", lost);
    this.#child.stdin?.on("error", () => {});
    if (!this.#child.stdout) return;
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (this.#reply) this.#inReply(this.#reply, line);
      else if (line.startsWith("%begin ")) this.#reply = [];
      else if (line.startsWith("%session-changed ")) this.#attached();
    });
  }

  #attached(): void {
    for (const line of this.#early ?? []) this.#child.stdin?.write(`${line}\n`);
    this.#early = undefined;
  }

  #inReply(reply: string[], line: string): void {
    const isEnd = line.startsWith("%end ");
    if (!isEnd && !line.startsWith("%error ")) {
      reply.push(line);
      return;
    }
    this.#reply = undefined;
    this.#replies.shift()?.(isEnd ? reply : undefined);
  }

  /** Whether nothing that is told is heard any more. */
  get isGone(): boolean {
    return this.#isLetGo;
  }

  /** Bytes of commands that tmux has not taken. */
  get backlog(): number {
    return this.#child.stdin?.writableLength ?? 0;
  }

  /** What tmux answers to a command line; undefined when it refuses or is gone. */
  ask(line: string): Promise<string[] | undefined> {
    if (this.#isLetGo) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#replies.push(resolve);
      if (this.#early) this.#early.push(line);
      else this.#child.stdin?.write(`${line}\n`);
    });
  }

  tell(line: string): void {
    void this.ask(line);
  }

  #letGo(): void {
    this.#isLetGo = true;
    for (const reply of this.#replies.splice(0)) reply(undefined);
  }

  /** Leaves when everything that was told is done; the session goes on. */
  end(): void {
    this.#letGo();
    this.#child.stdin?.end();
  }
}
