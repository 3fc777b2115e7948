-- CreateTable
CREATE TABLE "engine"."checkouts" (
    "task_id" UUID NOT NULL,
    "server_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "branch" TEXT,
    "prepared_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "looked_at" TIMESTAMPTZ(3),

    CONSTRAINT "checkouts_pkey" PRIMARY KEY ("task_id","server_id")
);

-- CreateIndex
CREATE INDEX "checkouts_server_id_idx" ON "engine"."checkouts"("server_id");

-- AddForeignKey
ALTER TABLE "engine"."checkouts" ADD CONSTRAINT "checkouts_project_id_task_id_fkey" FOREIGN KEY ("project_id", "task_id") REFERENCES "tasks"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "engine"."checkouts" ADD CONSTRAINT "checkouts_project_id_server_id_fkey" FOREIGN KEY ("project_id", "server_id") REFERENCES "servers"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- Those that were made before this table was.
insert into engine.checkouts (task_id, server_id, project_id, path, branch, prepared_at)
select distinct on (made.task_id, made.server_id) made.task_id, made.server_id, made.project_id,
  made.details ->> 'path', made.details ->> 'branch', made.at
from activity_log made
where made.event_type = 'task.worktree_prepared' and made.server_id is not null and not exists (
  select from activity_log gone where gone.event_type = 'task.worktree_discarded' and gone.task_id = made.task_id
    and gone.server_id = made.server_id and gone.seq > made.seq)
order by made.task_id, made.server_id, made.seq desc;

-- The demo's tasks hand commits on to each other in the repository itself.
update projects set settings = settings || '{"worktree_per_task": false}'
where key = 'DEMO' and settings ->> 'default_agent' = 'demo' and not settings ? 'worktree_per_task';
