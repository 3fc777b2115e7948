-- AlterTable
ALTER TABLE "servers" ADD COLUMN     "offline_since" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "launched_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "tasks" ADD COLUMN     "ask_at" TIMESTAMPTZ(3),
ADD COLUMN     "reminded_at" TIMESTAMPTZ(3),
ADD COLUMN     "tried_servers" UUID[] DEFAULT ARRAY[]::UUID[],
ADD COLUMN     "untold_change" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "task_notes" ADD COLUMN     "session_id" UUID;

-- AlterTable
ALTER TABLE "engine"."leases" ADD COLUMN     "act_at" TIMESTAMPTZ(3),
ADD COLUMN     "lost_since" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "engine"."creator_messages" (
    "id" BIGSERIAL NOT NULL,
    "position" BIGINT NOT NULL,
    "project_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "summary" TEXT NOT NULL DEFAULT '',
    "delivery" TEXT NOT NULL DEFAULT 'queued',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "creator_messages_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "creator_messages_position_key" ON "engine"."creator_messages"("position");

-- AddForeignKey
ALTER TABLE "task_notes" ADD CONSTRAINT "task_notes_project_id_session_id_fkey" FOREIGN KEY ("project_id", "session_id") REFERENCES "sessions"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "engine"."creator_messages" ADD CONSTRAINT "creator_messages_project_id_task_id_fkey" FOREIGN KEY ("project_id", "task_id") REFERENCES "tasks"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "engine"."creator_messages" ADD CONSTRAINT "creator_messages_project_id_session_id_fkey" FOREIGN KEY ("project_id", "session_id") REFERENCES "sessions"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.
alter table engine.creator_messages add constraint creator_messages_delivery_known
  check (delivery in ('queued', 'delivered', 'failed'));
create index creator_messages_queued on engine.creator_messages (session_id) where delivery = 'queued';
create index tasks_untold_change on tasks (assigned_session_id) where untold_change;
create index leases_lost on engine.leases (act_at) where closed_at is null and lost_since is not null;
create index leases_released on engine.leases (session_id) where close_reason = 'released';
create index servers_offline on servers (offline_since) where offline_since is not null;
-- What happened before is not told.
insert into engine.cursors (consumer, position) select 'creator_messages', coalesce(max(position), 0) from activity_log;
