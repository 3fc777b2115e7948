import { Problem } from "@orchestratia/protocol/problems";
import type { NewProject, ProjectChanges } from "@orchestratia/protocol/projects";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

export interface Projects {
  database: Database;
  events: { wake(): void };
  /** The settings that the matcher reads may have changed. */
  onSettingsChanged: (projectId: ProjectId) => void;
}

/** Makes a project; a person becomes its owner. Throws key_taken. */
export async function createProject(
  { database, events }: Projects,
  caller: Caller,
  { key, name, settings = {} }: z.output<typeof NewProject>,
): Promise<ProjectId> {
  const projectId = await transaction(database.pool, async (tx) => {
    const [project] = await tx.query<{ id: ProjectId }>(
      "insert into projects (key, name, settings) values ($1, $2, $3) on conflict (key) do nothing returning id",
      [key, name, JSON.stringify(settings)],
    );
    if (!project) throw new Problem("key_taken", `A project has the key ${key} already.`);
    if (caller.kind === "user") {
      await tx.query("insert into project_members (project_id, user_id, role) values ($1, $2, 'owner')", [
        project.id,
        caller.id,
      ]);
    }
    await record(tx, {
      type: "project.created",
      project_id: project.id,
      actor: actorOf(caller),
      details: { key, name },
    });
    return project.id;
  });
  events.wake();
  return projectId;
}

/** Changes what is given and leaves the rest. */
export async function updateProject(
  { database, events, onSettingsChanged }: Projects,
  caller: Caller,
  projectId: ProjectId,
  { name, settings = {} }: z.output<typeof ProjectChanges>,
): Promise<void> {
  await transaction(database.pool, async (tx) => {
    await tx.query("update projects set name = coalesce($2, name), settings = settings || $3::jsonb where id = $1", [
      projectId,
      name ?? null,
      JSON.stringify(settings),
    ]);
    const fields = [...(name === undefined ? [] : ["name"]), ...Object.keys(settings)];
    await record(tx, { type: "project.updated", project_id: projectId, actor: actorOf(caller), details: { fields } });
  });
  events.wake();
  onSettingsChanged(projectId);
}
