import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makePrivateFolder } from "../terminals/session-folder.ts";

const builtCli = fileURLToPath(new URL("../../../cli/dist/main.js", import.meta.url));
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The folder that puts `orchestratia` on a session's search path: `cliPath`, else one of ours with a script that runs the
 * CLI beside this daemon. Undefined when there is no CLI.
 */
export function cliFolder(stateDir: string, cliPath: string | undefined): string | undefined {
  if (cliPath !== undefined) return cliPath;
  if (!existsSync(builtCli)) return undefined;
  const folder = join(stateDir, "bin");
  makePrivateFolder(folder);
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(builtCli)} "$@"\n`;
  writeFileSync(join(folder, "orchestratia"), script, { mode: 0o700 });
  return folder;
}
