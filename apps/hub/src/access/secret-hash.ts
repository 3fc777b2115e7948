import { createHash, randomBytes } from "node:crypto";

/** SHA-256, hex: how keys and tokens are kept. They hold 256 random bits, so no slow hash is needed. */
export const secretHash = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** 256 random bits behind a prefix that says what they open. */
export const newSecret = (prefix: string): string => prefix + randomBytes(32).toString("base64url");
