import * as operations from "@orchestratia/protocol/operations/oauth";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Identity } from "../access/find-identity.ts";
import { noteProblem } from "../http/problem-details.ts";
import { serve, serveRedirect } from "../http/serve.ts";
import { originOf, type WelcomeParts, welcome } from "../http/welcome.ts";
import { FLOW_LIFETIME_MS, type Flow, newFlow, openFlow, sealFlow } from "./flow.ts";
import { linkIdentity } from "./linked-identities.ts";
import { callbackUrl, type Oauth } from "./oauth.ts";
import { ownPath, withProblem } from "./own-path.ts";
import { person } from "./routes.ts";
import { signInWithProvider } from "./sign-in-with-provider.ts";

export interface BrowserRouteParts extends WelcomeParts {
  oauth: Oauth;
  /** Who a browser has signed in as, by its cookie. */
  signedInAs: (request: FastifyRequest) => Promise<Identity | undefined>;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

const LOGIN = "/login";

/** The way over a provider and back: browsers are sent along it, and see pages only. */
export function oauthBrowserRoutes(app: FastifyInstance, parts: BrowserRouteParts): void {
  const { oauth, cookieName } = parts;
  const flowCookieName = `${cookieName}_flow`;

  const depart = async (about: Parameters<typeof newFlow>[0], { request, reply }: Exchange): Promise<string> => {
    const provider = await oauth.providers.getEnabled(about.provider);
    const flow = newFlow(about);
    const redirectUri = callbackUrl(oauth.publicUrl(), provider.id);
    const location = await oauth.clients.authorizationUrl(provider, flow, redirectUri);
    const maxAge = FLOW_LIFETIME_MS / 1000;
    reply.setCookie(flowCookieName, sealFlow(oauth.box, flow), { ...flowCookie(request), maxAge });
    return location;
  };

  const arrive = async (flow: Flow, exchange: Exchange): Promise<string> => {
    const { request } = exchange;
    const provider = await oauth.providers.getEnabled(flow.provider);
    const callback = new URL(callbackUrl(oauth.publicUrl(), provider.id));
    callback.search = new URL(request.url, callback).search;
    const profile = await oauth.clients.profile(provider, { challenge: flow, callback });
    if (flow.linkTo) {
      const identity = await parts.signedInAs(request);
      // Signed out meanwhile, or as somebody else: what they began is not theirs to end.
      if (identity?.signInId !== flow.linkTo.signInId) return withProblem(LOGIN, "unauthenticated");
      await linkIdentity(oauth, person(identity.caller), { provider, profile });
      return flow.next;
    }
    const { invitation, next } = flow;
    const { isNew, ...signedIn } = await signInWithProvider(
      oauth,
      { provider, profile, invitation },
      originOf(request),
    );
    welcome(parts, signedIn, exchange);
    // Who had an account all along is asked whether it is to have what the invitation offers.
    return invitation === undefined || isNew ? next : `/invite?token=${encodeURIComponent(invitation)}`;
  };

  void app.register((scope, _options, done) => {
    scope.setErrorHandler((error: Error, request, reply) =>
      reply.redirect(withProblem(LOGIN, noteProblem(error, request).code), operations.startOauth.status),
    );

    serveRedirect(scope, operations.startOauth, ({ params, query, request, reply }) => {
      const { invitation } = query;
      const about = { provider: params.provider, next: ownPath(query.next) };
      return depart({ ...about, ...(invitation !== undefined && { invitation }) }, { request, reply });
    });

    serveRedirect(scope, operations.finishOauth, async ({ params, query, request, reply }) => {
      const sealed = request.cookies[flowCookieName];
      const flow = openFlow(oauth.box, sealed, { provider: params.provider, state: query.state });
      reply.clearCookie(flowCookieName, flowCookie(request));
      try {
        return await arrive(flow, { request, reply });
      } catch (error) {
        const { code } = noteProblem(error as Error, request);
        return withProblem(flow.linkTo ? flow.next : pageToRetry(flow), code);
      }
    });
    done();
  });

  serve(app, operations.linkIdentity, async ({ caller, params, body, request, reply }) => {
    const { signInId } = request.identity ?? {};
    if (signInId === undefined) throw new Error("whoever was let in here has signed in");
    const linkTo = { userId: person(caller).id, signInId };
    const about = { provider: params.provider, next: ownPath(body.next), linkTo };
    return { location: await depart(about, { request, reply }) };
  });
}

const pageToRetry = ({ next }: Flow): string => (next === "/" ? LOGIN : `${LOGIN}?next=${encodeURIComponent(next)}`);

/** It must come along when a provider sends the browser back from its own pages, which `strict` would prevent. */
const flowCookie = ({ protocol }: FastifyRequest) =>
  ({ path: "/api/v1/auth/oauth", httpOnly: true, sameSite: "lax", secure: protocol === "https" }) as const;
