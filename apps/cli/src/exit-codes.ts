/** What scripts written for version 1 expect: everything but a wrong command line is 1. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
