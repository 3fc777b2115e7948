import type { InterventionStatus } from "@orchestratia/domain/vocabulary";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { Problem } from "@orchestratia/protocol/problems";
import type { InterventionId, ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";
import type { interventionsGetPayload } from "../db/generated/models.ts";
import { idRange } from "../db/id-range.ts";

const NEWEST = 200;
/** How many an ambiguous prefix names. */
const CANDIDATES = 5;

type Source = Pick<Database, "prisma">;
const WITH_TASK = { task: { select: { key: true, title: true } } } as const;
type Row = interventionsGetPayload<{ include: typeof WITH_TASK }>;

/** The project's newest 200, newest first. */
export async function listInterventions(
  { prisma }: Source,
  projectId: ProjectId,
  filter: { taskId?: TaskId | undefined; status?: InterventionStatus | undefined } = {},
): Promise<Intervention[]> {
  const rows = await prisma.interventions.findMany({
    where: {
      project_id: projectId,
      ...(filter.taskId && { task_id: filter.taskId }),
      ...(filter.status && { status: filter.status }),
    },
    include: WITH_TASK,
    orderBy: [{ created_at: "desc" }, { id: "desc" }],
    take: NEWEST,
  });
  return rows.map(toIntervention);
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
    raised_by: row.raised_by,
    intervention_type: row.intervention_type,
    status: row.status,
    question: row.question,
    context: row.context,
    options: row.options,
    urgency: row.urgency,
    timeout_at: row.timeout_at?.toISOString() ?? null,
    response: row.response,
    responder: row.responder,
    created_at: row.created_at.toISOString(),
    responded_at: row.responded_at?.toISOString() ?? null,
  }) as Intervention;
