-- AlterTable
ALTER TABLE "registration_tokens" ADD COLUMN     "revoked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "missing_since" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "hub"."server_keys" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "server_id" UUID NOT NULL,
    "key_hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "server_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hub"."idempotency_keys" (
    "caller" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER,
    "etag" TEXT,
    "body" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("caller","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "server_keys_key_hash_key" ON "hub"."server_keys"("key_hash");

-- CreateIndex
CREATE INDEX "server_keys_server_id_idx" ON "hub"."server_keys"("server_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "hub"."idempotency_keys"("expires_at");

-- AddForeignKey
ALTER TABLE "hub"."server_keys" ADD CONSTRAINT "server_keys_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "servers"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.

-- A server's newest key is written with its row; every key that opens anything has a row here.
create function keep_server_key() returns trigger language plpgsql as $$
begin
  insert into hub.server_keys (server_id, key_hash) values (new.id, new.api_key_hash) on conflict (key_hash) do nothing;
  return null;
end $$;
create trigger server_key_made after insert on servers for each row execute function keep_server_key();
create trigger server_key_changed after update of api_key_hash on servers for each row
  when (old.api_key_hash is distinct from new.api_key_hash)
  execute function keep_server_key();
insert into hub.server_keys (server_id, key_hash, created_at) select id, api_key_hash, created_at from servers;

create index server_keys_to_expire on hub.server_keys (expires_at) where revoked_at is null and expires_at is not null;

-- Since when a session's terminal has been out of reach: its token is good for a day from then on.
create function session_missing_since() returns trigger language plpgsql as $$
begin
  new.missing_since := case when new.status in ('disconnected', 'lost') then now() end;
  return new;
end $$;
create trigger session_goes_or_comes_back before update of status on sessions for each row
  when ((old.status in ('disconnected', 'lost')) is distinct from (new.status in ('disconnected', 'lost')))
  execute function session_missing_since();
update sessions set missing_since = now() where status in ('disconnected', 'lost');
