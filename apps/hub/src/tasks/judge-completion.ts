import { isDeepStrictEqual } from "node:util";
import {
  CONTRACT_VALUE_MAX_BYTES,
  type ContractCheck,
  type Contracts,
  checkContracts,
  type DeclaredContract,
  declaredContracts,
  deliveredContracts,
  normaliseResult,
  sameDeclarations,
} from "@orchestratia/domain/contracts";
import { decideMove, hasArrived } from "@orchestratia/domain/task-lifecycle";
import { Problem } from "@orchestratia/protocol/problems";
import type { Completion } from "@orchestratia/protocol/tasks";
import type { Caller } from "../access/caller.ts";
import { type Proof, proves, wantsProof } from "../workspaces/proof.ts";
import type { CompletionPicture } from "./completion-picture.ts";
import { wrongStatus } from "./open-moves.ts";
import { heldBy, lateHolder, workerOf } from "./worker.ts";

/** What is asked of the writer: a worker completes or submits for review, or a person approves a reviewed result. */
export interface CompletionRequest {
  taskId: string;
  caller: Caller;
  move: "complete" | "submit" | "approve";
  /** What the worker delivers; an approval accepts what the picture holds. */
  completion?: Completion;
  /** Schema verdicts, with the declarations and the delivery that they were reached for. */
  verdicts?: {
    declared: readonly DeclaredContract[];
    delivered: Contracts;
    errors: ReadonlyMap<string, readonly string[]>;
  };
  /** That the work was verified, and what for. */
  proof?: Proof;
}

export type Judgement =
  | { kind: "ask_proof"; session: string | null }
  | { kind: "arrived" }
  | { kind: "ask_schemas"; declared: DeclaredContract[]; delivered: Contracts }
  | {
      kind: "settle";
      to: "done" | "review";
      session: string | null;
      result: unknown;
      git_diff_stats: Completion["git_diff_stats"];
      delivered: Contracts;
      check: ContractCheck;
    };

/** Decides on a completion by what was read of its task; refuses with a Problem. Changes nothing. */
export function judgeCompletion(request: CompletionRequest, picture: CompletionPicture): Judgement {
  const session = request.move === "approve" ? picture.holder_session_id : reporter(request, picture);
  const completion = request.completion ?? picture.submitted;
  const result = normaliseResult(completion?.result);
  const delivered = deliveredContracts(result);
  refuseLarge(delivered);

  const decision = decideMove({ status: picture.status, resumeStatus: picture.resume_status }, request.move, {
    reviewRequired: picture.review_required,
    lateHolder: lateHolder(picture, request.caller) !== null,
  });
  if (!decision.ok) {
    if (request.move !== "approve" && hasArrived(request.move, picture.status)) return { kind: "arrived" };
    throw wrongStatus(picture, request.move, request.caller);
  }

  const declared = declaredContracts({ expected_output: picture.expected_output });
  if (needsSchemas(declared, delivered) && !stillHolds(request, declared, delivered)) {
    return { kind: "ask_schemas", declared, delivered };
  }
  const check = checkContracts({
    declared,
    demanded: picture.dependents.flatMap(({ type, contract_key }) => (type === "input" ? (contract_key ?? []) : [])),
    delivered,
    verdicts: request.verdicts?.errors ?? new Map(),
    allowPartial: completion?.allow_partial ?? false,
  });
  if (!check.ok) throw unfulfilled(picture, check);
  if (request.move !== "approve" && wantsProof(picture) && !proves(request.proof, picture)) {
    return { kind: "ask_proof", session };
  }
  const git_diff_stats = completion?.git_diff_stats ?? null;
  return { kind: "settle", to: decision.to as "done" | "review", session, result, git_diff_stats, delivered, check };
}

function refuseLarge(delivered: Contracts): void {
  for (const [key, value] of Object.entries(delivered)) {
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes <= CONTRACT_VALUE_MAX_BYTES) continue;
    throw new Problem(
      "body_too_large",
      `The contract "${key}" has ${bytes} bytes; ${CONTRACT_VALUE_MAX_BYTES} are the most.`,
    );
  }
}

/** A repeat by the one who held the lease is theirs although the lease is closed. */
function reporter({ caller, move }: CompletionRequest, picture: CompletionPicture): string | null {
  if (hasArrived(move, picture.status) && heldBy(picture, caller)) return picture.holder_session_id;
  return lateHolder(picture, caller) ?? workerOf(picture, caller);
}

const needsSchemas = (declared: readonly DeclaredContract[], delivered: Contracts): boolean =>
  declared.some(({ key, schema }) => schema !== undefined && Object.hasOwn(delivered, key));

const stillHolds = (
  { verdicts }: CompletionRequest,
  declared: readonly DeclaredContract[],
  delivered: Contracts,
): boolean =>
  verdicts !== undefined &&
  sameDeclarations(verdicts.declared, declared) &&
  isDeepStrictEqual(verdicts.delivered, delivered);

function unfulfilled(picture: CompletionPicture, check: ContractCheck): Problem {
  const missing = check.missing.map((key) => `"${key}" is missing`);
  const invalid = check.invalid.map(({ key, errors }) => `"${key}" is not valid: ${errors.join("; ")}`);
  return new Problem(
    "contract_unfulfilled",
    `The result of ${picture.key} falls short: ${[...missing, ...invalid].join(", ")}.`,
    {
      missing: check.missing,
      invalid: check.invalid,
    },
  );
}
