import { createInterface } from "node:readline";
import { Readable, Writable } from "node:stream";
import { CommandError } from "./command-error.ts";
import type { Writer } from "./output.ts";

/** One line from the terminal. What is secret is not shown while it is typed. */
export async function ask(
  question: string,
  secret: boolean,
  stdin: AsyncIterable<string | Uint8Array> & { isTTY?: boolean },
  stderr: Writer,
): Promise<string> {
  if (!(stdin.isTTY && stdin instanceof Readable)) {
    throw new CommandError("not_a_terminal", `${question.replace(/: $/, "")}: nobody is at the terminal to say it.`);
  }
  stderr.write(question);
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!secret) stderr.write(chunk.toString());
      done();
    },
  });
  const line = createInterface({ input: stdin, output: echo, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      line.once("line", resolve);
      line.once("SIGINT", () => reject(new CommandError("interrupted", "Nothing was done.")));
      line.once("close", () => reject(new CommandError("interrupted", "Nothing was done.")));
    });
  } finally {
    line.close();
    if (secret) stderr.write("\n");
  }
}
