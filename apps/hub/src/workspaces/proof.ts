import { isDeepStrictEqual } from "node:util";
import type { Caller } from "../access/caller.ts";
import type { CompletionPicture } from "../tasks/completion-picture.ts";

/** That a task's work passed its project's verify commands: of which attempt, and which commands. */
export interface Proof {
  epoch: number;
  commands: readonly string[];
}

type Wanting = Pick<CompletionPicture, "epoch" | "verify_commands" | "own_checkout">;

/** Whether somebody has to look at the work itself before it counts as done. */
export const wantsProof = ({ verify_commands, own_checkout }: Wanting): boolean =>
  verify_commands.length > 0 || own_checkout;

export const proves = (proof: Proof | undefined, { epoch, verify_commands }: Wanting): boolean =>
  proof !== undefined && proof.epoch === epoch && isDeepStrictEqual(proof.commands, verify_commands);

/** The commands must run before the transaction: the completion comes back with what they proved. */
export class ProofWanted extends Error {
  readonly caller: Caller;
  readonly picture: CompletionPicture;
  readonly session: string | null;

  constructor(caller: Caller, picture: CompletionPicture, session: string | null) {
    super("the verify commands have to be run first");
    this.caller = caller;
    this.picture = picture;
    this.session = session;
  }
}
