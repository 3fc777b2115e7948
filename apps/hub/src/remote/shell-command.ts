/**
 * The command as the target's daemon runs it. Version 1 daemons run it in their own directory, so it changes to the
 * session's first, and does nothing when that is gone. The command itself is not touched.
 */
export function shellCommand(command: string, directory: string | null, os: string): string {
  if (!directory) return command;
  if (os === "windows") return `cd /d "${directory.replaceAll('"', "")}" && ${command}`;
  return `cd -- ${quoted(directory)} || exit\n${command}`;
}

/** Within single quotes a POSIX shell reads everything as it is, but the quote itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
