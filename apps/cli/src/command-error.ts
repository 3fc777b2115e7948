import { EXIT } from "./exit-codes.ts";

/** Codes that a script can tell from the others by the exit code too. */
const EXITS: Readonly<Record<string, number>> = {
  not_configured: EXIT.unreachable,
  not_signed_in: EXIT.notSignedIn,
  no_such_session: EXIT.notFound,
};

/** A command cannot go on. `code` is for scripts, the message for people; `members` go beside both in JSON mode. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;
  readonly members: Readonly<Record<string, unknown>>;

  get exitCode(): number {
    return EXITS[this.code] ?? EXIT.failed;
  }

  constructor(code: string, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.members = members;
  }
}
