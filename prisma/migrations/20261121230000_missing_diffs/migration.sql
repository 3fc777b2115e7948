-- AlterTable
ALTER TABLE "engine"."checkouts" ADD COLUMN     "came_with_session" BOOLEAN NOT NULL DEFAULT false;

-- What is to be asked for, found without reading what is kept.
create index task_diffs_missing on engine.task_diffs (taken_at) where diff = 'null'::jsonb;
