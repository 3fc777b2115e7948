-- AlterTable
ALTER TABLE "admin_users" ADD COLUMN     "deactivated_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "hub"."sign_ins" ADD COLUMN     "last_used_at" TIMESTAMPTZ(3);
