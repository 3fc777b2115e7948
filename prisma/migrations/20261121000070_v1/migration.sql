-- CreateTable
CREATE TABLE "hub"."approval_rules" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "server_id" UUID,
    "name" TEXT NOT NULL,
    "tool_pattern" TEXT NOT NULL,
    "param_pattern" TEXT,
    "action" TEXT NOT NULL,
    "agents" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "created_by" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "approval_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hub"."permission_log" (
    "id" BIGSERIAL NOT NULL,
    "project_id" UUID NOT NULL,
    "server_id" UUID NOT NULL,
    "session_id" UUID,
    "tool_name" TEXT NOT NULL,
    "tool_input" JSONB NOT NULL,
    "decision" TEXT NOT NULL,
    "matched_rule_id" TEXT,
    "reason" TEXT,
    "agent_name" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "permission_log_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "approval_rules_project_id_idx" ON "hub"."approval_rules"("project_id");

-- CreateIndex
CREATE INDEX "permission_log_project_id_id_idx" ON "hub"."permission_log"("project_id", "id");

-- AddForeignKey
ALTER TABLE "hub"."approval_rules" ADD CONSTRAINT "approval_rules_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "hub"."approval_rules" ADD CONSTRAINT "approval_rules_project_id_server_id_fkey" FOREIGN KEY ("project_id", "server_id") REFERENCES "servers"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "hub"."permission_log" ADD CONSTRAINT "permission_log_project_id_server_id_fkey" FOREIGN KEY ("project_id", "server_id") REFERENCES "servers"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.
alter table hub.approval_rules add constraint approval_rules_action_known check (action in ('allow', 'deny'));
alter table hub.permission_log add constraint permission_log_decision_known
  check (decision in ('allowed', 'denied', 'asked'));
