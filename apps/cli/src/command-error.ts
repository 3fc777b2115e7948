/** A command cannot go on. `code` is for scripts, the message for people; `members` go beside both in JSON mode. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.members = members;
  }
}
