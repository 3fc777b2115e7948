import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

/** Which sessions the hub may start. */
const SessionPolicy = z.strictObject({
  start: z.boolean().default(true).describe("Start sessions"),
  agents: z.array(z.string()).optional().describe("The agents that it may start; all of them when left out"),
  folders: z.array(z.string()).optional().describe("Folders in which, or below which, they work; any when left out"),
});
export type SessionPolicy = z.infer<typeof SessionPolicy>;

/** What the project's orchestrators may do here. */
const RemotePolicy = z.strictObject({
  exec: z.boolean().default(false).describe("Run commands in a session's directory"),
  read: z.boolean().optional().describe("Read files in a session's directory; as `exec` when left out"),
});

/** What may come and go between this machine's sessions and others. */
const FilePolicy = z.strictObject({
  in: z.boolean().default(true).describe("Take files, into a session's directory"),
  out: z.boolean().default(true).describe("Send files"),
  folders: z.array(z.string()).optional().describe("Where files are sent from, instead of the usual folders"),
});

/** What the hub may ask of this machine for the checkouts of tasks. */
const WorktreePolicy = z.strictObject({
  create: z.boolean().default(true).describe("Make a checkout for each task"),
  setup: z.boolean().default(false).describe("Run a repository's .orchestratia/setup in a new checkout"),
  verify: z.boolean().default(true).describe("Run the project's verify commands where a task's work is"),
});
export type WorktreePolicy = z.infer<typeof WorktreePolicy>;

/** What the hub may ask of this machine at all. */
export const Policy = z.strictObject({
  sessions: SessionPolicy.prefault({}),
  remote: RemotePolicy.prefault({}),
  files: FilePolicy.prefault({}),
  worktrees: WorktreePolicy.prefault({}),
});
export type Policy = z.infer<typeof Policy>;

/** The policy lies beside the configuration, so that it can belong to somebody else than the daemon's user. */
export const policyPath = (configPath: string): string => join(dirname(configPath), "policy.yaml");

/**
 * The policy in `path`; the defaults when there is no such file. Throws with the line of the first mistake, a word that
 * it does not know among them: a switch that is misspelt must not count as not said.
 */
export function readPolicy(path: string): Policy {
  const text = textOf(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [mistake] = document.errors;
  if (mistake) throw new Error(`${path}: ${mistake.message}`);
  const parsed = Policy.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const where = [...(issue?.path ?? []), ...unknown];
  const line = lines.linePos(offsetOf(document, where)).line;
  throw new Error(`${path}, line ${line}: ${where.join(".") || "the file"}: ${issue?.message}`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Where the innermost part of this path that can be found begins. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] } | null | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}
