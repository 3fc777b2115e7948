import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Configuration, Provider } from "oidc-provider";

/** Who signs in at the provider when a browser comes by. */
export interface OidcAccount {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  /** Google's: the organisation that the account is of. */
  hd?: string;
}

/** An OpenID Connect provider (oidc-provider) where everybody who comes is `account`, without being asked. */
export interface OidcServer extends AsyncDisposable {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  account: OidcAccount;
  /** True: somebody presses "cancel" there. */
  isCancelling: boolean;
  /** True: a token is changed on its way to the hub. */
  isForging: boolean;
}

export interface OidcServerOptions {
  /** Where people may be sent back to. */
  redirectUris: string[];
  /** Whether what is known of them is in the ID token, or is to be asked for with the access token. */
  claimsInToken?: boolean;
  tokenAuthentication?: "client_secret_basic" | "client_secret_post";
}

const HOUR_S = 3_600;

const newSigningKey = () => ({
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
  alg: "RS256",
  use: "sig",
});

export async function startOidcServer({
  redirectUris,
  claimsInToken = false,
  tokenAuthentication = "client_secret_basic",
}: OidcServerOptions): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = [randomUUID(), randomUUID()];
  const started: OidcServer = {
    issuer,
    clientId,
    clientSecret,
    account: { sub: randomUUID() },
    isCancelling: false,
    isForging: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectUris,
        token_endpoint_auth_method: tokenAuthentication,
      },
    ],
    clientAuthMethods: [tokenAuthentication],
    cookies: { keys: [randomUUID()] },
    jwks: { keys: [newSigningKey()] },
    // Said outright, or it says in the log that they are not.
    ttl: {
      AccessToken: HOUR_S,
      AuthorizationCode: 60,
      Grant: HOUR_S,
      IdToken: HOUR_S,
      Interaction: HOUR_S,
      Session: HOUR_S,
    },
    pkce: { required: () => true },
    conformIdTokenClaims: !claimsInToken,
    claims: { openid: ["sub"], email: ["email", "email_verified", "hd"], profile: ["name"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ ...started.account, sub: accountId }) }),
    // Nobody is asked whether the hub may know who they are.
    async loadExistingGrant({ oidc: { client, session, provider } }) {
      const grant = new provider.Grant({ clientId: client?.clientId ?? "", accountId: session?.accountId ?? "" });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (started.isForging && request.url === "/token") forge(response);
    if (!request.url?.startsWith("/interaction/")) return void answer(request, response);
    const outcome = started.isCancelling
      ? { error: "access_denied", error_description: "cancelled" }
      : { login: { accountId: started.account.sub } };
    provider.interactionFinished(request, response, outcome).catch((error) => response.destroy(error));
  });
  return started;
}

/** Changes the first sign of the signature of the ID token that is answered. */
function forge(response: ServerResponse): void {
  const end = response.end.bind(response) as (body: unknown) => ServerResponse;
  const changed = (text: string) =>
    text.replace(/("id_token":"[^.]+\.[^.]+\.)(.)/, (_, head, sign) => head + (sign === "A" ? "B" : "A"));
  response.end = ((body: unknown) => end(typeof body === "string" ? changed(body) : body)) as typeof response.end;
}
