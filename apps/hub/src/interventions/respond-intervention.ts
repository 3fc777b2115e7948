import { Problem } from "@orchestratia/protocol/problems";
import { denialBecause, denialReason } from "@orchestratia/protocol/tool-requests";
import { actorOf, type Caller } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { afterCommit, type Changes, type Engine } from "../tasks/engine.ts";
import { inProject } from "../tasks/move.ts";
import { lockTask } from "../tasks/task-row.ts";
import { answerToolRequest } from "../tool-requests/answer-tool-request.ts";
import { isToolRequest } from "../tool-requests/tool-requests.ts";
import { AGENT_WAITING } from "./agent-wait-question.ts";
import type { AnsweredQuestion } from "./hub-choice.ts";
import { hubChoiceOf } from "./hub-choices.ts";
import { goOn } from "./worker-answer.ts";

interface Asked {
  id: string;
  project_id: string;
  task_id: string | null;
  session_id: string | null;
  raised_by: "worker" | "hub";
  intervention_type: string;
  cause: string | null;
  options: readonly string[];
}

const ASKED = {
  name: "intervention_asked",
  text: `select id, project_id, task_id, session_id, raised_by, intervention_type, cause, options
    from interventions where id = $1`,
};
const ANSWER = {
  name: "answer_intervention",
  text: `update interventions set status = 'responded', response = $2, responder = $3, responded_at = now(),
      delivery = case when (raised_by = 'worker' or cause = '${AGENT_WAITING}') and session_id is not null
        then 'queued' end
    where id = $1 and status = 'pending' returning id`,
};

/**
 * Answers. A worker's task goes on where it was once none of its questions is left open, and the answer is typed into the
 * session that asked; of a question of the hub the chosen option is carried out. Throws `intervention_settled`,
 * `invalid_request` for what is none of the options where one must be chosen, and `human_only` where an agent may not answer.
 */
export async function respondIntervention(
  engine: Engine,
  caller: Caller,
  interventionId: string,
  response: string,
): Promise<void> {
  const [asked] = await engine.database.sql.query<Asked>(ASKED, [interventionId]);
  if (!asked) throw new Problem("intervention_not_found");
  mayAnswer(asked, caller);
  const answer = mustChoose(asked) ? chosen(asked, response) : response;
  const changes =
    asked.raised_by === "hub"
      ? await inProject(engine, asked.project_id, (tx) => answerHub(tx, engine, caller, asked, answer))
      : await transaction(engine.database.pool, (tx) => answerWorker(tx, caller, asked, answer));
  afterCommit(engine, { projectId: asked.project_id, ...changes });
  engine.delivery.wake();
}

async function answerWorker(tx: Tx, caller: Caller, asked: Asked, answer: string): Promise<undefined> {
  // The task first: every move that cancels questions holds its row too.
  const task = asked.task_id === null ? undefined : await lockTask(tx, asked.task_id);
  await settle(tx, caller, asked, answer);
  if (task) await goOn(tx, caller, task, "respond");
}

/** Under the project's lock: what is chosen may settle tasks and change edges, of others too. */
async function answerHub(
  tx: Tx,
  engine: Engine,
  caller: Caller,
  asked: Asked,
  choice: string,
): Promise<Changes | undefined> {
  const task = asked.task_id === null ? undefined : await lockTask(tx, asked.task_id);
  await settle(tx, caller, asked, choice);
  if (isToolRequest(asked.cause)) await answerToolRequest(tx, caller, asked, choice);
  if (!task || asked.cause === null) return undefined;
  const intervention: AnsweredQuestion = { ...asked, task_id: task.id, cause: asked.cause };
  return hubChoiceOf(asked.cause)?.choose({ tx, engine, caller, task, intervention, choice });
}

function mayAnswer(asked: Asked, caller: Caller): void {
  if (caller.kind === "user" || caller.kind === "system") return;
  const orchestrates = caller.kind === "server" || caller.role === "orchestrator";
  if (asked.intervention_type === "question" && asked.raised_by === "worker" && orchestrates) return;
  throw new Problem("human_only", "Only a person may answer this.");
}

/** A worker's help and questions take free words: their options are suggestions. */
const mustChoose = (asked: Asked): boolean =>
  asked.options.length > 0 && (asked.raised_by === "hub" || asked.intervention_type === "approval");

/** The option that is meant, however it is capitalised. A tool may be denied with a reason. */
function chosen({ options, cause }: Asked, response: string): string {
  const reason = isToolRequest(cause) ? denialReason(response) : undefined;
  if (reason !== undefined) return denialBecause(reason);
  const plain = (text: string) => text.trim().toLowerCase();
  const option = options.find((known) => plain(known) === plain(response));
  if (option === undefined) {
    throw new Problem("invalid_request", `Answer with one of: ${options.join(" · ")}.`, { options });
  }
  return option;
}

async function settle(tx: Tx, caller: Caller, asked: Asked, response: string): Promise<void> {
  const actor = actorOf(caller);
  const answered = await tx.query(ANSWER, [asked.id, response, JSON.stringify(actor)]);
  if (answered.length === 0) {
    const [now] = await tx.query<{ status: string }>("select status from interventions where id = $1", [asked.id]);
    throw new Problem("intervention_settled", `This was ${now?.status ?? "settled"} already.`, {
      current_status: now?.status,
    });
  }
  await record(tx, {
    type: "intervention.responded",
    project_id: asked.project_id,
    task_id: asked.task_id,
    session_id: asked.session_id,
    actor,
    details: { intervention_id: asked.id, response },
  });
}
