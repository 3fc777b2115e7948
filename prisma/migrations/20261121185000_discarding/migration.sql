-- AlterTable
ALTER TABLE "engine"."checkouts" ADD COLUMN     "discarding" JSONB,
ADD COLUMN     "discarding_since" TIMESTAMPTZ(3);
