import type { NewOauthProvider, OauthKind, OauthProvider, OauthProviderChanges } from "@orchestratia/protocol/oauth";
import type { z } from "zod";

/** What the form of a provider holds, as it was typed. */
export interface ProviderDraft {
  id: string;
  kind: OauthKind;
  name: string;
  issuer: string;
  client_id: string;
  client_secret: string;
  /** With commas or spaces between them. */
  domains: string;
  link_verified_email: boolean;
  enabled: boolean;
}

export const NEW_DRAFT: ProviderDraft = {
  id: "google",
  kind: "google",
  name: "",
  issuer: "",
  client_id: "",
  client_secret: "",
  domains: "",
  link_verified_email: false,
  enabled: true,
};

export const draftOf = (provider: OauthProvider): ProviderDraft => ({
  id: provider.id,
  kind: provider.kind,
  name: provider.name,
  issuer: provider.issuer,
  client_id: provider.client_id,
  client_secret: "",
  domains: provider.allowed_domains.join(", "),
  link_verified_email: provider.link_verified_email,
  enabled: provider.enabled,
});

/** A kind that was chosen names the provider too, until somebody does. */
export function withKind(draft: ProviderDraft, kind: OauthKind): ProviderDraft {
  return { ...draft, kind, id: draft.id === draft.kind ? kind : draft.id };
}

export type DraftErrors = Partial<Record<"id" | "issuer" | "client_id" | "client_secret" | "domains", string>>;

/** `isNew`: its secret and its address are still to be said. */
export function draftErrors(draft: ProviderDraft, isNew: boolean): DraftErrors {
  const errors: DraftErrors = {};
  if (isNew && !/^[a-z][a-z0-9-]{0,39}$/.test(draft.id)) {
    errors.id = "Use lower-case letters, digits and -, beginning with a letter.";
  }
  if (isNew && draft.kind === "oidc" && !/^https?:\/\/\S+$/.test(draft.issuer)) {
    errors.issuer = "Enter the issuer's address, such as https://id.example.org.";
  }
  if (!draft.client_id.trim()) errors.client_id = "Enter the client's id.";
  if (isNew && !draft.client_secret.trim()) errors.client_secret = "Enter the client's secret.";
  const odd = domainsOf(draft).find((domain) => !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain));
  if (odd !== undefined) errors.domains = `"${odd}" is no domain, such as example.org.`;
  return errors;
}

const domainsOf = ({ domains }: ProviderDraft): string[] =>
  domains
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((domain) => domain !== "");

export const newProviderOf = (draft: ProviderDraft): z.input<typeof NewOauthProvider> => ({
  id: draft.id,
  kind: draft.kind,
  ...(draft.name.trim() && { name: draft.name.trim() }),
  ...(draft.issuer.trim() && { issuer: draft.issuer.trim() }),
  client_id: draft.client_id.trim(),
  client_secret: draft.client_secret.trim(),
  allowed_domains: domainsOf(draft),
  link_verified_email: draft.link_verified_email,
  enabled: draft.enabled,
});

/** An empty secret leaves the one there is. */
export const changesOf = (draft: ProviderDraft): z.input<typeof OauthProviderChanges> => ({
  ...(draft.name.trim() && { name: draft.name.trim() }),
  client_id: draft.client_id.trim(),
  ...(draft.client_secret.trim() && { client_secret: draft.client_secret.trim() }),
  allowed_domains: domainsOf(draft),
  link_verified_email: draft.link_verified_email,
  enabled: draft.enabled,
});
