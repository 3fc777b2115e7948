-- CreateTable
CREATE TABLE "hub"."oauth_providers" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "client_secret_sealed" TEXT NOT NULL,
    "allowed_domains" TEXT[],
    "link_verified_email" BOOLEAN NOT NULL DEFAULT false,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hub"."oauth_identities" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "provider" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "email" TEXT,
    "last_used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_identities_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "oauth_identities_provider_issuer_subject_key" ON "hub"."oauth_identities"("provider", "issuer", "subject");

-- CreateIndex
CREATE INDEX "oauth_identities_user_id_idx" ON "hub"."oauth_identities"("user_id");

-- AddForeignKey
ALTER TABLE "hub"."oauth_identities" ADD CONSTRAINT "oauth_identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "admin_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.

alter table hub.oauth_providers add constraint oauth_providers_kind_known check (kind in ('google', 'github', 'oidc'));
alter table hub.oauth_providers add constraint oauth_providers_id_form check (id ~ '^[a-z][a-z0-9-]{0,39}$');
alter table hub.oauth_providers alter column allowed_domains set not null;
