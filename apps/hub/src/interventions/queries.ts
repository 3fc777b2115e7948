import type { InterventionStatus } from "@orchestratia/domain/vocabulary";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { Problem } from "@orchestratia/protocol/problems";
import type { InterventionId, ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";
import type { interventionsGetPayload } from "../db/generated/models.ts";
import { idRange } from "../db/id-range.ts";

/** How many an ambiguous prefix names. */
const CANDIDATES = 5;

type Source = Pick<Database, "prisma">;
const WITH_TASK = { task: { select: { key: true, title: true } } } as const;
type Row = interventionsGetPayload<{ include: typeof WITH_TASK }>;

export interface InterventionPage {
  taskId?: TaskId | undefined;
  status?: InterventionStatus | undefined;
  type?: Intervention["intervention_type"] | undefined;
  raisedBy?: Intervention["raised_by"] | undefined;
  sessionId?: string | undefined;
  urgency?: Intervention["urgency"] | undefined;
  limit: number;
  /** The `next` of the page before. */
  after?: string | undefined;
}

/** Newest first. `next` is where the page ends, null on the last one. Throws invalid_request for another `after`. */
export async function listInterventions(
  { prisma }: Source,
  projectId: ProjectId,
  { taskId, status, type, raisedBy, sessionId, urgency, limit, after }: InterventionPage,
): Promise<{ interventions: Intervention[]; next: string | null }> {
  const rows = await prisma.interventions.findMany({
    where: {
      project_id: projectId,
      ...(taskId && { task_id: taskId }),
      ...(status && { status }),
      ...(type && { intervention_type: type }),
      ...(raisedBy && { raised_by: raisedBy }),
      ...(sessionId && { session_id: sessionId }),
      ...(urgency && { urgency }),
      ...(after !== undefined && olderThan(after)),
    },
    include: WITH_TASK,
    orderBy: [{ created_at: "desc" }, { id: "desc" }],
    take: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { interventions: page.map(toIntervention), next: last ? cursorOf(last) : null };
}

const cursorOf = ({ created_at, id }: Row): string =>
  Buffer.from(`${created_at.getTime()} ${id}`).toString("base64url");

const CURSOR = /^(\d{1,15}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function olderThan(cursor: string) {
  const [, time, id] = CURSOR.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (time === undefined || id === undefined) {
    throw new Problem("invalid_request", "`after` must be the `next` of the page before.");
  }
  const created_at = new Date(Number(time));
  return { OR: [{ created_at: { lt: created_at } }, { created_at, id: { lt: id } }] };
}

/** Throws intervention_not_found. */
export async function getIntervention({ prisma }: Source, id: InterventionId): Promise<Intervention> {
  const row = await prisma.interventions.findUnique({ where: { id }, include: WITH_TASK });
  if (!row) throw new Problem("intervention_not_found");
  return toIntervention(row);
}

/**
 * The intervention that `ref` means in the project: its id, or the first four or more characters of it (lists print
 * eight). Throws intervention_not_found, intervention_ambiguous.
 */
export async function resolveInterventionRef(
  { prisma }: Source,
  projectId: ProjectId,
  ref: string,
): Promise<InterventionId> {
  const range = idRange(ref);
  const found = range
    ? await prisma.interventions.findMany({
        where: { project_id: projectId, id: { gte: range[0], lte: range[1] } },
        select: { id: true, question: true },
        orderBy: { id: "asc" },
        take: CANDIDATES + 1,
      })
    : [];
  const [intervention] = found;
  if (!intervention) throw new Problem("intervention_not_found", `There is no intervention ${ref} in this project.`);
  if (found.length > 1) {
    const candidates = found.slice(0, CANDIDATES);
    const detail = `${ref} could be ${candidates.map(({ id }) => id.slice(0, 13)).join(", ")}.`;
    throw new Problem("intervention_ambiguous", detail, { candidates });
  }
  return intervention.id as InterventionId;
}

/** Checks in the database hold the vocabularies to those of the wire. */
const toIntervention = (row: Row): Intervention =>
  ({
    id: row.id,
    project_id: row.project_id,
    task_id: row.task_id,
    task_key: row.task?.key ?? null,
    task_title: row.task?.title ?? null,
    session_id: row.session_id,
    target_session_id: row.target_session_id,
    raised_by: row.raised_by,
    intervention_type: row.intervention_type,
    status: row.status,
    question: row.question,
    context: row.context,
    options: row.options,
    urgency: row.urgency,
    cause: row.cause,
    timeout_at: row.timeout_at?.toISOString() ?? null,
    response: row.response,
    responder: row.responder,
    created_at: row.created_at.toISOString(),
    responded_at: row.responded_at?.toISOString() ?? null,
    delivery: row.delivery,
  }) as Intervention;
