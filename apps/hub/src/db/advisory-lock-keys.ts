/**
 * Every advisory lock the hub takes, in one place so that no two meanings share a key. Postgres keeps single keys
 * and pairs of keys apart: `projects` and `oauthSubjects` are the first of a pair, the others stand alone.
 */
export const advisoryLockKeys = {
  /** Prisma's own, so that its tools and the hub never migrate one database at once. */
  migrations: 72_707_369,
  hub: 7_170_001,
  /** For whoever gives activities their place in the public order. */
  sequencer: 7_170_002,
  projects: 7_171,
  oauthSubjects: 7_172,
} as const;
