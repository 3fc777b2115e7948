import { execFile } from "node:child_process";
import { dim } from "./paint.mjs";

/** The hub, or the CLI on the way to it, said no; the message is its sentence. */
export class RefusedError extends Error {
  name = "RefusedError";
}

/** Runs `orchestratia …words --json`, which the daemon put on the search path, and answers what it printed. */
export async function orchestratia(...words) {
  process.stdout.write(`${dim(`$ orchestratia ${words.map(shown).join(" ")}`)}\n`);
  const { failure, stdout, stderr } = await new Promise((resolve) => {
    const options = { maxBuffer: 32 * 1024 * 1024 };
    execFile("orchestratia", [...words, "--json"], options, (failure, stdout, stderr) => {
      resolve({ failure, stdout, stderr });
    });
  });
  if (failure?.code === "ENOENT") throw new RefusedError("There is no `orchestratia` on the search path.");
  const answer = parse(stdout);
  if (failure) throw new RefusedError(answer?.error ?? (stderr.trim() || failure.message));
  if (answer === undefined) throw new RefusedError(`\`orchestratia ${words[0]} ${words[1]}\` printed no JSON.`);
  return answer;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As a person would type it, but short. */
function shown(word) {
  if (/^[\w./:-]+$/.test(word)) return word;
  return word.length > 60 ? `'${word.slice(0, 57)}…'` : `'${word}'`;
}
