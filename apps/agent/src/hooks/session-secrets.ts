import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const keyBytes = 32;

/**
 * What sessions are known by at the hooks' socket. Derived from a key in the state folder, so that sessions which outlive
 * the daemon are known to the next one.
 */
export class SessionSecrets {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  static open(stateDir: string): SessionSecrets {
    const path = join(stateDir, "hooks.key");
    try {
      const key = readFileSync(path);
      if (key.length === keyBytes) return new SessionSecrets(key);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    const key = randomBytes(keyBytes);
    writeFileSync(`${path}.new`, key, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return new SessionSecrets(key);
  }

  secretOf(sessionId: string): string {
    return `${sessionId}.${createHmac("sha256", this.#key).update(sessionId).digest("base64url")}`;
  }

  /** The session that says this secret. */
  sessionOf(secret: string): string | undefined {
    const sessionId = secret.slice(0, Math.max(0, secret.lastIndexOf(".")));
    const [said, known] = [Buffer.from(secret), Buffer.from(this.secretOf(sessionId))];
    return said.length === known.length && timingSafeEqual(said, known) ? sessionId : undefined;
  }
}
