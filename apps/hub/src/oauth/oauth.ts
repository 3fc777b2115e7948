import type { SecretBox } from "../secrets/secret-box.ts";
import type { Users } from "../users/commands.ts";
import type { ProviderClients } from "./provider-clients.ts";
import type { Providers } from "./providers.ts";

/** What signing in over providers works with. */
export interface Oauth {
  users: Users;
  providers: Providers;
  clients: ProviderClients;
  box: SecretBox;
  publicUrl: () => string;
}

/** What is to be entered at the provider; it sends nobody anywhere else. */
export const callbackUrl = (publicUrl: string, providerId: string): string =>
  `${publicUrl}/api/v1/auth/oauth/${providerId}/callback`;
