import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openDatabase } from "../db/database.ts";
import { createTestDatabase } from "../testing/test-database.ts";

const migration = new URL("../../../../prisma/migrations/20261121000080_proven_email/migration.sql", import.meta.url);

test("of accounts from before, those have a proven address for which a row vouches", async () => {
  await using own = await createTestDatabase();
  await using database = openDatabase(own.url);
  const { sql } = database;
  // The first admin's account and the use of the set-up link are of one transaction.
  await sql.query(
    `with used as (insert into hub.setup_tokens (token_hash, used_at) values ('x', now()))
     insert into admin_users (email, name, role) values ('setup@example.org', 'Ada', 'admin')`,
  );
  await sql.query(
    `insert into admin_users (email, name, role) select name || '@example.org', name, 'viewer'
     from unnest(array['open', 'named', 'owner', 'other', 'linked', 'elsewhere']) as name`,
  );
  await sql.query(
    `insert into hub.invitations (token_hash, email, role, invited_by, expires_at, accepted_at, accepted_by)
     select guest.name, invited.email, 'viewer', by.id, now(), now(), guest.id
     from (values ('open', null, 'setup'), ('named', 'named@example.org', 'setup'), ('owner', 'owner@example.org', 'other'))
       as invited (name, email, by)
     join admin_users guest on guest.name = invited.name join admin_users by on by.email = invited.by || '@example.org'`,
  );
  await sql.query(
    `insert into hub.oauth_identities (provider, issuer, subject, user_id, email)
     select 'idp', 'https://idp.example', name, id, case name when 'linked' then 'Linked@example.org' else 'x@example.org' end
     from admin_users where name in ('linked', 'elsewhere')`,
  );
  const [, update = ""] = (await readFile(migration, "utf8")).split(/(?=^update admin_users)/m);
  await sql.query(update);
  const proven = await sql.query("select email from admin_users where email_proven_at is not null order by email");
  expect(proven).toEqual(["linked", "named", "setup"].map((name) => ({ email: `${name}@example.org` })));
});
