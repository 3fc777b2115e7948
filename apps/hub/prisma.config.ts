import { defineConfig } from "prisma/config";

// `generate` needs no database; everything else says so itself when DATABASE_URL is missing.
const { DATABASE_URL, SHADOW_DATABASE_URL } = process.env;

export default defineConfig({
  schema: "../../prisma/schema.prisma",
  migrations: { path: "../../prisma/migrations" },
  ...(DATABASE_URL && {
    datasource: { url: DATABASE_URL, ...(SHADOW_DATABASE_URL && { shadowDatabaseUrl: SHADOW_DATABASE_URL }) },
  }),
});
