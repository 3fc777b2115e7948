/** How long a lease lasts without a sign of life, as Postgres writes it. */
export const LEASE_LENGTH = "10 minutes";
