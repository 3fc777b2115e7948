-- CreateTable
CREATE TABLE "hub"."tool_requests" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "server_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "intervention_id" UUID NOT NULL,
    "agent" TEXT NOT NULL,
    "tool_name" TEXT NOT NULL,
    "allowances" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tool_requests_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "tool_requests_intervention_id_key" ON "hub"."tool_requests"("intervention_id");

-- CreateIndex
CREATE INDEX "tool_requests_session_id_idx" ON "hub"."tool_requests"("session_id");

-- AddForeignKey
ALTER TABLE "hub"."tool_requests" ADD CONSTRAINT "tool_requests_project_id_session_id_fkey" FOREIGN KEY ("project_id", "session_id") REFERENCES "sessions"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "hub"."tool_requests" ADD CONSTRAINT "tool_requests_intervention_id_fkey" FOREIGN KEY ("intervention_id") REFERENCES "interventions"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AlterTable
ALTER TABLE "hub"."permission_log" ADD COLUMN "entry_id" UUID;

-- CreateIndex
CREATE UNIQUE INDEX "permission_log_server_id_entry_id_key" ON "hub"."permission_log"("server_id", "entry_id");

-- What Prisma's schema cannot say.
alter table hub.approval_rules drop constraint approval_rules_action_known,
  add constraint approval_rules_action_known check (action in ('allow', 'deny', 'ask'));
