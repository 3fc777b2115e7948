-- CreateTable
CREATE TABLE "hub"."file_transfers" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "sender_server_id" UUID NOT NULL,
    "sender_session_id" UUID,
    "sender_name" TEXT NOT NULL,
    "target_server_id" UUID NOT NULL,
    "target_session_id" UUID NOT NULL,
    "target_name" TEXT NOT NULL,
    "filename" TEXT NOT NULL,
    "file_path" TEXT NOT NULL,
    "target_path" TEXT NOT NULL,
    "overwrite" BOOLEAN NOT NULL,
    "size" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "received" BIGINT NOT NULL DEFAULT 0,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "error" TEXT,
    "arrived_path" TEXT,
    "delivery" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "file_transfers_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "hub"."file_transfers" ADD CONSTRAINT "file_transfers_project_id_target_session_id_fkey" FOREIGN KEY ("project_id", "target_session_id") REFERENCES "sessions"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.
create index file_transfers_under_way on hub.file_transfers (created_at) where ended_at is null;
create index file_transfers_untold on hub.file_transfers (target_session_id) where delivery = 'queued';
alter table hub.file_transfers
  add constraint file_transfers_status_known
    check (status in ('pending', 'accepted', 'transferring', 'completed', 'failed', 'rejected')),
  add constraint file_transfers_delivery_known check (delivery in ('queued', 'delivered', 'failed')),
  add constraint file_transfers_ended check ((ended_at is not null) = (status in ('completed', 'failed', 'rejected')));
