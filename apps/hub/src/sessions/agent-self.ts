import type { SessionRole } from "@orchestratia/domain/vocabulary";
import type { AgentSelf } from "@orchestratia/protocol/operations/agents";
import type { SessionId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { AgentCaller } from "../access/agent-powers.ts";
import { checkTasks } from "../tasks/check-tasks.ts";
import type { TaskSources } from "../tasks/queries.ts";

interface SelfRow {
  server_name: string;
  project_key: string;
  project_name: string;
  session_id: SessionId | null;
  session_name: string | null;
  role: SessionRole | null;
}

const SELF = {
  name: "agent_self",
  text: `select server.name as server_name, project.key as project_key, project.name as project_name,
      session.id as session_id, session.name as session_name, session.role
    from servers server join projects project on project.id = server.project_id
      left join sessions session on session.server_id = server.id and session.id::text = $2
    where server.id = $1`,
};

/** What an agent is told about itself. A server's key speaks for the session it names, if that is one of its own. */
export async function describeSelf(
  sources: TaskSources,
  caller: AgentCaller,
  sessionId: string | undefined,
): Promise<z.input<typeof AgentSelf>> {
  const serverId = caller.kind === "session" ? caller.serverId : caller.id;
  const asked = caller.kind === "session" ? caller.id : sessionId?.toLowerCase();
  const [self] = await sources.database.sql.query<SelfRow>(SELF, [serverId, asked ?? null]);
  if (!self) throw new Error(`the server ${serverId} let in a caller and is gone`);
  const tasks = await checkTasks(sources, caller, self.session_id ?? undefined);
  return {
    connected: true,
    server_id: serverId,
    ...self,
    role: self.role ?? "worker",
    project_id: caller.projectId,
    tasks,
    task_summary: {
      pending: tasks.filter(({ status }) => status === "assigned").length,
      running: tasks.filter(({ status }) => status !== "assigned").length,
      total: tasks.length,
    },
  };
}
