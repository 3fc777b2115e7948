import jwt from "jsonwebtoken";
import { z } from "zod";

/** A person's sign-in as its JWT names it; the row behind `signInId` decides whether it still holds. */
export interface SignInClaims {
  signInId: string;
  userId: string;
}

const Payload = z.object({ jti: z.uuid(), sub: z.uuid() });

/** Makes and reads the JWTs of one hub. */
export class SignInTokens {
  readonly #secret: string;
  readonly #issuer: string;

  constructor(secret: string, instanceId: string) {
    this.#secret = secret;
    this.#issuer = `orchestratia:${instanceId}`;
  }

  issue({ signInId, userId }: SignInClaims, expiresAt: Date): string {
    const payload = { exp: Math.floor(expiresAt.getTime() / 1000) };
    return jwt.sign(payload, this.#secret, {
      algorithm: "HS256",
      issuer: this.#issuer,
      jwtid: signInId,
      subject: userId,
    });
  }

  /** Undefined for whatever this hub did not issue, and for what has expired. */
  read(token: string): SignInClaims | undefined {
    try {
      const payload = Payload.parse(jwt.verify(token, this.#secret, { algorithms: ["HS256"], issuer: this.#issuer }));
      return { signInId: payload.jti, userId: payload.sub };
    } catch {
      return undefined;
    }
  }
}
