import { hash, verify } from "@node-rs/argon2";
import { WorkSlots } from "./work-slots.ts";

/** OWASP's least for Argon2id (2, which the library declares as a const enum): 19 MiB, two passes, one lane. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** For the whole hub: each hash takes memory and a thread, and strangers ask for them. What waits is done within seconds. */
const slots = new WorkSlots({ atOnce: 4, waiting: 64 });

/** A PHC string. Throws too_many_requests when too many wait. */
export const hashPassword = (password: string): Promise<string> => slots.run(() => hash(password, COST));

let decoy: Promise<string> | undefined;

/**
 * Takes as long without a hash as with one: the time does not tell which e-mail addresses are known. Throws
 * too_many_requests when too many wait.
 */
export async function isPassword(password: string, passwordHash: string | null | undefined): Promise<boolean> {
  decoy ??= hash("nobody has this password", COST);
  const expected = passwordHash ?? (await decoy);
  const matches = await slots.run(() => verify(expected, password));
  return matches && passwordHash != null;
}
