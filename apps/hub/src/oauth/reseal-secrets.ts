import type { Logger } from "pino";
import type { Database } from "../db/database.ts";
import { transaction } from "../db/transaction.ts";
import { SealError, type SecretBox } from "../secrets/secret-box.ts";
import { type ProviderRow, secretPurpose } from "./providers.ts";

type Sealed = Pick<ProviderRow, "id" | "issuer" | "client_secret_sealed">;

/**
 * Puts what was sealed with an older key under the first one, so that the older can be taken away. One that cannot be
 * opened stays as it is. Answers how many were resealed.
 */
export async function resealSecrets({ pool, sql }: Database, box: SecretBox, log: Logger): Promise<number> {
  const ids = await sql.query<{ id: string }>("select id from hub.oauth_providers order by id");
  let resealed = 0;
  for (const { id } of ids) {
    try {
      if (await transaction(pool, (tx) => resealOne(tx, box, id))) resealed += 1;
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      log.warn({ provider: id, reason: error.message }, "the client secret of a provider cannot be opened");
    }
  }
  if (resealed > 0) log.info({ resealed }, "secrets were sealed with the first key");
  return resealed;
}

async function resealOne(tx: Parameters<Parameters<typeof transaction>[1]>[0], box: SecretBox, id: string) {
  const [row] = await tx.query<Sealed>(
    "select id, issuer, client_secret_sealed from hub.oauth_providers where id = $1 for update",
    [id],
  );
  const fresh = row && box.reseal(row.client_secret_sealed, secretPurpose(row));
  if (fresh === undefined) return false;
  await tx.query("update hub.oauth_providers set client_secret_sealed = $2 where id = $1", [id, fresh]);
  return true;
}
