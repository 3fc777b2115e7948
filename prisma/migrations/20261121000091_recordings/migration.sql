-- CreateTable
CREATE TABLE "hub"."recording_segments" (
    "session_id" UUID NOT NULL,
    "segment" INTEGER NOT NULL,
    "project_id" UUID NOT NULL,
    "first_offset" BIGINT NOT NULL,
    "end_offset" BIGINT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "starts_at" DOUBLE PRECISION,
    "ends_at" DOUBLE PRECISION,
    "read_at" TIMESTAMPTZ(3),
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "recording_segments_pkey" PRIMARY KEY ("session_id","segment")
);

-- CreateTable
CREATE TABLE "hub"."recording_texts" (
    "session_id" UUID NOT NULL,
    "segment" INTEGER NOT NULL,
    "part" INTEGER NOT NULL,
    "project_id" UUID NOT NULL,
    "at" DOUBLE PRECISION NOT NULL,
    "content" TEXT NOT NULL,
    "document" tsvector NOT NULL,

    CONSTRAINT "recording_texts_pkey" PRIMARY KEY ("session_id","segment","part")
);

-- CreateIndex
CREATE INDEX "recording_segments_project_id_received_at_idx" ON "hub"."recording_segments"("project_id", "received_at");

-- CreateIndex
CREATE INDEX "recording_segments_received_at_idx" ON "hub"."recording_segments"("received_at");

-- CreateIndex
CREATE INDEX "recording_texts_document_idx" ON "hub"."recording_texts" USING GIN ("document");

-- AddForeignKey
ALTER TABLE "hub"."recording_segments" ADD CONSTRAINT "recording_segments_project_id_session_id_fkey" FOREIGN KEY ("project_id", "session_id") REFERENCES "sessions"("project_id", "id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "hub"."recording_texts" ADD CONSTRAINT "recording_texts_session_id_segment_fkey" FOREIGN KEY ("session_id", "segment") REFERENCES "hub"."recording_segments"("session_id", "segment") ON DELETE CASCADE ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.

-- Those whose text is not read yet, in the order in which they came.
create index recording_segments_unread on hub.recording_segments (received_at) where read_at is null;
