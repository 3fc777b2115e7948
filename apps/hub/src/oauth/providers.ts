import type { SignInProvider } from "@orchestratia/protocol/oauth";
import { Problem } from "@orchestratia/protocol/problems";
import type { Sql } from "../db/transaction.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import type { ConfiguredProvider, ProviderSettings } from "./provider-settings.ts";

export interface ProviderRow {
  id: string;
  kind: ProviderSettings["kind"];
  name: string;
  issuer: string;
  client_id: string;
  client_secret_sealed: string;
  allowed_domains: string[];
  link_verified_email: boolean;
  enabled: boolean;
}

const COLUMNS =
  "id, kind, name, issuer, client_id, client_secret_sealed, allowed_domains, link_verified_email, enabled";

/** What a client secret is sealed for: a row that is pointed at another issuer does not take it there. */
export const secretPurpose = ({ id, issuer }: { id: string; issuer: string }): string =>
  `client secret of the oauth provider ${id} at ${issuer}`;

/** A provider that is known, and how to get at its secret. */
export interface KnownProvider extends ProviderSettings {
  source: "environment" | "hub";
  /** Throws SealError when the key is gone that it was sealed with. */
  clientSecret: () => string;
}

/** Everything that people can sign in with: what the environment sets, then what admins set up under other ids. */
export class Providers {
  readonly #sql: Sql;
  readonly #box: SecretBox;
  readonly #configured: readonly KnownProvider[];

  constructor(sql: Sql, box: SecretBox, configured: readonly ConfiguredProvider[]) {
    this.#sql = sql;
    this.#box = box;
    this.#configured = configured.map(({ clientSecret, ...settings }) => ({
      ...settings,
      source: "environment",
      clientSecret: () => clientSecret,
    }));
  }

  async list(): Promise<KnownProvider[]> {
    const rows = await this.#sql.query<ProviderRow>(`select ${COLUMNS} from hub.oauth_providers order by id`);
    return [...this.#configured, ...rows.filter(({ id }) => !this.isConfigured(id)).map((row) => this.#known(row))];
  }

  /** Throws provider_not_found, also of one that is disabled. */
  async getEnabled(id: string): Promise<KnownProvider> {
    const provider = await this.#find(id);
    if (!provider?.enabled) throw new Problem("provider_not_found", "Nobody can sign in with that here.");
    return provider;
  }

  /** Whether the environment sets it, and nobody else may. */
  isConfigured(id: string): boolean {
    return this.#configured.some((provider) => provider.id === id);
  }

  /** For the sign-in page. */
  async offered(): Promise<SignInProvider[]> {
    const providers = await this.list();
    return providers.filter(({ enabled }) => enabled).map(({ id, name, kind }) => ({ id, name, kind }));
  }

  async #find(id: string): Promise<KnownProvider | undefined> {
    const configured = this.#configured.find((provider) => provider.id === id);
    if (configured) return configured;
    const [row] = await this.#sql.query<ProviderRow>(`select ${COLUMNS} from hub.oauth_providers where id = $1`, [id]);
    return row && this.#known(row);
  }

  #known(row: ProviderRow): KnownProvider {
    const { id, kind, name, issuer, enabled } = row;
    return {
      id,
      kind,
      name,
      issuer,
      clientId: row.client_id,
      allowedDomains: row.allowed_domains,
      linkVerifiedEmail: row.link_verified_email,
      enabled,
      source: "hub",
      clientSecret: () => this.#box.open(row.client_secret_sealed, secretPurpose(row)),
    };
  }
}
