import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const FORM = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** What a secret is sealed with. */
export interface SecretKey {
  /** Told apart by it for as long as anything is sealed with the key; no secret. */
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

/** Nothing was sealed like this: it was changed, is of another purpose, or its key is gone. */
export class SealError extends Error {
  override readonly name = "SealError";
}

/**
 * Seals what must be read again (AES-256-GCM). What it is for is part of the seal, so that a value that is moved to
 * another place does not open there. The first key seals, every key opens.
 */
export class SecretBox {
  readonly #first: SecretKey;
  readonly #keys: ReadonlyMap<string, Buffer>;

  /** Throws without a key, on a key that is not 32 bytes, and on two of the same id. */
  constructor(keys: readonly SecretKey[]) {
    const [first] = keys;
    if (!first) throw new RangeError("there is no key to seal with");
    for (const { id, key } of keys) {
      if (key.length !== KEY_BYTES) throw new RangeError(`the key ${id} has ${key.length} bytes, not ${KEY_BYTES}`);
    }
    this.#first = first;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
    if (this.#keys.size !== keys.length) throw new RangeError("two keys have the same id");
  }

  /** `v1.<key id>.<base64url of nonce, text and tag>`. */
  seal(text: string, purpose: string): string {
    const { id, key } = this.#first;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(id, purpose));
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${FORM}.${id}.${sealed.toString("base64url")}`;
  }

  /** Throws SealError. */
  open(sealed: string, purpose: string): string {
    const { keyId, bytes } = partsOf(sealed);
    const key = this.#keys.get(keyId);
    if (!key) {
      throw new SealError(
        `The key ${keyId} that this was sealed with is not among the hub's secret keys. Add it again.`,
      );
    }
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData(keyId, purpose));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch (cause) {
      throw new SealError("The seal is broken: what was sealed was changed, or is for something else.", { cause });
    }
  }

  /** The same secret under the first key; undefined when it is under it already. Throws SealError. */
  reseal(sealed: string, purpose: string): string | undefined {
    return partsOf(sealed).keyId === this.#first.id ? undefined : this.seal(this.open(sealed, purpose), purpose);
  }
}

/** With the key's id and a length, so that no two pairs of id and purpose are the same bytes. */
const associatedData = (keyId: string, purpose: string): Buffer =>
  Buffer.from(`orchestratia ${FORM} ${keyId.length} ${keyId} ${purpose}`);

function partsOf(sealed: string): { keyId: string; bytes: Buffer } {
  const [, keyId, text] = /^v1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]+)$/.exec(sealed) ?? [];
  const bytes = Buffer.from(text ?? "", "base64url");
  if (keyId === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new SealError("This is nothing that the hub sealed.");
  }
  return { keyId, bytes };
}
