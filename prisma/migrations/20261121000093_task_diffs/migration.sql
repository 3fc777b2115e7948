-- CreateTable
CREATE TABLE "engine"."task_diffs" (
    "task_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "diff" JSONB NOT NULL,
    "taken_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_diffs_pkey" PRIMARY KEY ("task_id")
);

-- AddForeignKey
ALTER TABLE "engine"."task_diffs" ADD CONSTRAINT "task_diffs_project_id_task_id_fkey" FOREIGN KEY ("project_id", "task_id") REFERENCES "tasks"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;
