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
  identity: Identity;
  at: number;
}

/**
 * Whom each key and token stands for. Answers are kept for 30 s at most, so that a request costs no query; whoever
 * ends a sign-in, a session or a key says `forget`, and it ends at once.
 */
export class Identities {
  readonly #sql: Sql;
  readonly #tokens: SignInTokens;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Identity | undefined>>();

  constructor(sql: Sql, tokens: SignInTokens) {
    this.#sql = sql;
    this.#tokens = tokens;
  }

  /** Undefined when the secret opens nothing. */
  async find(secret: string): Promise<Identity | undefined> {
    const hash = secretHash(secret);
    return this.#fresh(hash, secret) ?? this.#ask(hash, secret);
  }

  /** The key or token with this hash (`secretHash`) no longer counts, or no longer for the same. */
  forget(hash: string): void {
    this.#kept.delete(hash);
    this.#asking.delete(hash);
  }

  /** A person's sign-in has ended. */
  forgetSignIn(signInId: string): void {
    for (const [hash, { identity }] of this.#kept) {
      if (identity.signInId === signInId) this.forget(hash);
    }
    // Which sign-in an answer under way is about cannot be known yet.
    this.#asking.clear();
  }

  #fresh(hash: string, secret: string): Identity | undefined {
    const kept = this.#kept.get(hash);
    if (!kept) return undefined;
    const now = Date.now();
    const age = now - kept.at;
    if (age > MAX_AGE_MS || (kept.identity.expiresAt && kept.identity.expiresAt.getTime() <= now)) return undefined;
    // When the database is down the answer goes on until it is too old, and the next caller is told.
    if (age > REFRESH_MS) this.#ask(hash, secret).catch(() => {});
    return kept.identity;
  }

  #ask(hash: string, secret: string): Promise<Identity | undefined> {
    const asked = this.#asking.get(hash);
    if (asked) return asked;
    const at = Date.now();
    const asking = findIdentity(this.#sql, this.#tokens, secret)
      .then((identity) => {
        // An answer that was under way while the secret was forgotten may be the one from before.
        if (this.#asking.get(hash) === asking) this.#keep(hash, identity, at);
        return identity;
      })
      .finally(() => {
        if (this.#asking.get(hash) === asking) this.#asking.delete(hash);
      });
    this.#asking.set(hash, asking);
    return asking;
  }

  #keep(hash: string, identity: Identity | undefined, at: number): void {
    this.#kept.delete(hash);
    if (!identity) return;
    this.#kept.set(hash, { identity, at });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}
