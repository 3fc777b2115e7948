import { RefusedError, UnreachableError } from "@orchestratia/client/http";
import picocolors from "picocolors";
import { CommandError } from "./command-error.ts";
import { printable } from "./printable.ts";

export type Paint = ReturnType<typeof picocolors.createColors>;

/** Lines of an answer for people; the first is tagged. */
export type Describe<T> = (answer: T, paint: Paint) => string[];

/** As much of a stream as is written to. */
export interface Writer {
  write(text: string): unknown;
}

/** Everything a command says: lines for people, or one JSON document on standard output. */
export class Output {
  readonly json: boolean;
  readonly #stdout: Writer;
  readonly #stderr: Writer;
  readonly #paint: Paint;
  readonly #errorPaint: Paint;

  /** How wide the terminal is; undefined when the lines go elsewhere. */
  readonly columns: number | undefined;

  constructor(options: {
    json: boolean;
    stdout: Writer;
    stderr: Writer;
    /** Whether standard output shows colours, and whether standard error does: either may be a file. */
    color: { stdout: boolean; stderr: boolean };
    columns?: number | undefined;
  }) {
    this.columns = options.columns;
    this.json = options.json;
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.#paint = picocolors.createColors(options.color.stdout);
    this.#errorPaint = picocolors.createColors(options.color.stderr);
  }

  /** The answer as it came in JSON mode; for people what `describe` says, free of what could steer their terminal. */
  answer<T>(answer: T, describe: Describe<T>): void {
    if (this.json) {
      this.#stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
      return;
    }
    const [first = "", ...others] = describe(printable(answer), this.#paint);
    const lines = [`${this.#paint.bold("[ORCHESTRATIA]")} ${first}`, ...others];
    this.#stdout.write(`${lines.join("\n")}\n`);
  }

  /** One of many answers as it comes: a line of JSON, or a line for people. */
  line<T>(item: T, describe: (item: T, paint: Paint) => string): void {
    this.#stdout.write(`${this.json ? JSON.stringify(item) : describe(item, this.#paint)}\n`);
  }

  /** A text that is the output itself, in either mode. */
  text(text: string): void {
    this.#stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** What a program elsewhere printed: for people as it came, on the same streams. */
  printed(result: { stdout: string; stderr: string }): void {
    if (this.json) {
      this.#stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      return;
    }
    if (result.stdout !== "") this.#stdout.write(result.stdout);
    if (result.stderr !== "") this.#stderr.write(result.stderr);
  }

  /** Something worth knowing that is no part of the answer, in either mode. */
  notice(text: string): void {
    this.#stderr.write(`${this.#errorPaint.dim(text)}\n`);
  }

  fail(error: unknown): void {
    const { message, code, members } = describeError(error);
    if (this.json) this.#stdout.write(`${JSON.stringify({ error: message, code, ...members }, null, 2)}\n`);
    else this.#stderr.write(`${this.#errorPaint.red(`Error: ${printable(message)}`)}\n`);
  }

  /** What commander has to say: help goes to standard output, mistakes to standard error. */
  get usage() {
    return {
      writeOut: (text: string) => void this.#stdout.write(text),
      writeErr: (text: string) => void this.#stderr.write(text),
    };
  }
}

/** `code` is a problem's of the hub, or one of ours: unreachable, not_configured, invalid_input, usage, internal. */
function describeError(error: unknown): { message: string; code: string; members: Readonly<Record<string, unknown>> } {
  if (error instanceof RefusedError) {
    return { message: error.detail, code: error.code ?? `http_${error.status}`, members: { problem: error.document } };
  }
  if (error instanceof UnreachableError) return { message: error.message, code: "unreachable", members: {} };
  if (error instanceof CommandError) return { message: error.message, code: error.code, members: error.members };
  return {
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    code: "internal",
    members: {},
  };
}
