import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface GithubAccount {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean; visibility: string | null }[];
}

/** What GitHub's web sign-in and API answer, on one address as a GitHub Enterprise Server has them. */
export interface GithubServer extends AsyncDisposable {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  account: GithubAccount;
}

interface Grant {
  redirectUri: string;
  codeChallenge: string;
  scope: string;
}

/** Everybody who comes is `account`, and allows what is asked. Errors come as GitHub sends them: with status 200. */
export async function startGithubServer(callbackUrl: string): Promise<GithubServer> {
  const [clientId, clientSecret] = [`Iv1.${randomUUID()}`, randomUUID()];
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, string>();
  let account: GithubAccount = { id: 1, login: "ada", name: "Ada", emails: [] };

  const authorize = (url: URL, response: ServerResponse) => {
    const { client_id, redirect_uri, state, scope, code_challenge, code_challenge_method } = Object.fromEntries(
      url.searchParams,
    );
    if (client_id !== clientId || redirect_uri !== callbackUrl || code_challenge_method !== "S256") {
      response.writeHead(404).end("Not Found");
      return;
    }
    const code = randomUUID().replaceAll("-", "").slice(0, 20);
    codes.set(code, { redirectUri: redirect_uri, codeChallenge: code_challenge ?? "", scope: scope ?? "" });
    const back = new URL(redirect_uri);
    back.search = new URLSearchParams({ code, iss: `${server.url}/login/oauth`, state: state ?? "" }).toString();
    response.writeHead(302, { location: back.href }).end();
  };

  const exchange = async (request: IncomingMessage) => {
    const form = new URLSearchParams(await bodyOf(request));
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) {
      return {
        error: "incorrect_client_credentials",
        error_description: "The client_id and/or client_secret passed are incorrect.",
      };
    }
    const grant = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant?.codeChallenge !== challenge || grant.redirectUri !== form.get("redirect_uri")) {
      return { error: "bad_verification_code", error_description: "The code passed is incorrect or expired." };
    }
    const access_token = `gho_${randomUUID().replaceAll("-", "")}`;
    tokens.set(access_token, grant.scope);
    return { access_token, token_type: "bearer", scope: grant.scope.replaceAll(" ", ",") };
  };

  const api = (path: string, request: IncomingMessage): [number, unknown] => {
    const scope = tokens.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "")?.split(" ");
    // GitHub refuses whoever does not say what program it is.
    if (!request.headers["user-agent"]) return [403, { message: "Request forbidden by administrative rules." }];
    if (!scope) return [401, { message: "Bad credentials" }];
    const { emails, ...user } = account;
    if (path === "/user") return [200, { ...user, email: null, type: "User" }];
    return scope.includes("user:email") ? [200, emails] : [404, { message: "Not Found" }];
  };

  const http = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://github.invalid");
    if (url.pathname === "/login/oauth/authorize") return authorize(url, response);
    if (url.pathname === "/login/oauth/access_token") return json(response, 200, await exchange(request));
    const [, path] = /^\/api\/v3(\/user|\/user\/emails)$/.exec(url.pathname) ?? [];
    if (path === undefined) return json(response, 404, { message: "Not Found" });
    return json(response, ...api(path, request));
  });
  await new Promise<void>((resolve) => {
    http.listen(0, "127.0.0.1", resolve);
  });
  const server: GithubServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    clientId,
    clientSecret,
    get account() {
      return account;
    },
    set account(given) {
      account = given;
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
