-- AlterTable
ALTER TABLE "hub"."access_tokens" ADD COLUMN     "last_used_at" TIMESTAMPTZ(3),
ADD COLUMN     "prefix" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "project_ids" UUID[],
ADD COLUMN     "scope" TEXT NOT NULL DEFAULT 'write';

-- CreateIndex
CREATE INDEX "access_tokens_user_id_idx" ON "hub"."access_tokens"("user_id");

-- What Prisma's schema cannot say.

alter table hub.access_tokens add constraint access_tokens_scope_known check (scope in ('read', 'write'));
