import type { Sql } from "../db/transaction.ts";
import { findIdentity, type Identity } from "./find-identity.ts";
import { secretHash } from "./secret-hash.ts";
import type { SignInTokens } from "./sign-in-token.ts";

/** From this age on a kept answer is asked for again behind the scenes … */
const REFRESH_MS = 15_000;
/** … and from this one on nobody is let in on it. */
const MAX_AGE_MS = 30_000;
const MAX_KEPT = 20_000;

interface Kept {
  identity: Found;
  at: number;
}

/** A key or token that was found good, and who came with it. */
export interface Found extends Identity {
  /** Of the secret (`secretHash`). */
  readonly hash: string;
}

/** What has ended, or no longer lets its holder do the same. */
export type Forgotten = { hash: string } | { signInId: string } | { userId: string };

/** Whether somebody who was let in came with what is forgotten; who is asked again. */
export function isForgotten({ hash, signInId, caller }: Found, forgotten: Forgotten): boolean {
  if ("hash" in forgotten) return hash === forgotten.hash;
  if ("signInId" in forgotten) return signInId === forgotten.signInId;
  return caller.kind === "user" && caller.id === forgotten.userId;
}

/**
 * Whom each key and token stands for. Answers are kept for 30 s at most, so that a request costs no query; whoever
 * ends a sign-in, a session or a key, or changes what somebody may, says `forget` after the commit, and it holds at
 * once: for requests, and for open sockets and streams, which listen.
 */
export class Identities {
  readonly #sql: Sql;
  readonly #tokens: SignInTokens;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Found | undefined>>();
  readonly #listeners = new Set<(forgotten: Forgotten) => void>();

  constructor(sql: Sql, tokens: SignInTokens) {
    this.#sql = sql;
    this.#tokens = tokens;
  }

  /** Undefined when the secret opens nothing. */
  async find(secret: string): Promise<Found | undefined> {
    const hash = secretHash(secret);
    return this.#fresh(hash, secret) ?? this.#ask(hash, secret);
  }

  /** True for a secret that opened something when it was last asked for, however long ago; costs no query. */
  knew(secret: string): boolean {
    return this.#kept.has(secretHash(secret));
  }

  /** The key or token with this hash (`secretHash`) no longer counts, or no longer for the same. */
  forget(hash: string): void {
    this.#kept.delete(hash);
    this.#asking.delete(hash);
    this.#tell({ hash });
  }

  /** A person's sign-in has ended. */
  forgetSignIn(signInId: string): void {
    this.#forgetAll({ signInId });
  }

  /** A person was deactivated, or may do other things than before: in the hub or in a project. */
  forgetUser(userId: string): void {
    this.#forgetAll({ userId });
  }

  /** Told after it is forgotten, so that who holds something open can ask again. Returns how to stop listening. */
  onForgotten(listener: (forgotten: Forgotten) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forgetAll(forgotten: Forgotten): void {
    for (const [hash, { identity }] of this.#kept) {
      if (isForgotten(identity, forgotten)) this.#kept.delete(hash);
    }
    // Whom an answer under way is about cannot be known yet.
    this.#asking.clear();
    this.#tell(forgotten);
  }

  #tell(forgotten: Forgotten): void {
    for (const listener of this.#listeners) listener(forgotten);
  }

  #fresh(hash: string, secret: string): Found | undefined {
    const kept = this.#kept.get(hash);
    if (!kept) return undefined;
    const now = Date.now();
    const age = now - kept.at;
    if (age > MAX_AGE_MS || (kept.identity.expiresAt && kept.identity.expiresAt.getTime() <= now)) return undefined;
    // When the database is down the answer goes on until it is too old, and the next caller is told.
    if (age > REFRESH_MS) this.#ask(hash, secret).catch(() => {});
    return kept.identity;
  }

  #ask(hash: string, secret: string): Promise<Found | undefined> {
    const asked = this.#asking.get(hash);
    if (asked) return asked;
    const at = Date.now();
    const asking: Promise<Found | undefined> = findIdentity(this.#sql, this.#tokens, secret)
      .then((found) => {
        const identity = found && { ...found, hash };
        // An answer that was under way while the secret was forgotten may be the one from before.
        if (this.#asking.get(hash) !== asking) return this.find(secret);
        this.#keep(hash, identity, at);
        return identity;
      })
      .finally(() => {
        if (this.#asking.get(hash) === asking) this.#asking.delete(hash);
      });
    this.#asking.set(hash, asking);
    return asking;
  }

  #keep(hash: string, identity: Found | undefined, at: number): void {
    this.#kept.delete(hash);
    if (!identity) return;
    this.#kept.set(hash, { identity, at });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}
