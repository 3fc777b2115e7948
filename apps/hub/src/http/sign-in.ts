import type { Door } from "@orchestratia/protocol/operation";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyRequest } from "fastify";
import type { Identity } from "../access/find-identity.ts";
import type { Found, Identities } from "../access/identities.ts";
import { isCsrfToken } from "./csrf.ts";
import { comesFromOwnPage, type Knock } from "./origin.ts";
import type { RequestLimits } from "./request-limits.ts";

export interface SignInParts {
  identities: Identities;
  /** Carries the instance's id: cookies ignore ports, and two hubs on one machine must not sign each other out. */
  cookieName: string;
  csrfSecret: string;
  publicUrl: () => string;
}

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Lets callers in by their door. */
export class SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  get cookieName(): string {
    return this.#parts.cookieName;
  }

  /**
   * Finds out who knocks and leaves it in `request.identity`, which stays null at the public door. Throws
   * unauthenticated, forbidden, csrf_failed or too_many_requests.
   */
  async admit(request: FastifyRequest, door: Door, limits: RequestLimits): Promise<void> {
    if (door === "public") {
      limits.countAddress(request);
      return;
    }
    const { secret, fromCookie } = door === "people" ? this.#personSecret(request) : machineSecret(request);
    const identity = await this.#identify(request, secret, limits);
    request.identity = identity;
    await limits.countCaller(request);
    requireDoor(identity, door);
    if (fromCookie && !READS.has(request.method)) this.#requireOwnPage(request, identity);
  }

  /**
   * Who opens a socket, by its cookie; undefined when it brings none that counts: it may still sign in by its first
   * message. Throws csrf_failed when the page is not ours.
   */
  async ofUpgrade(request: Knock & Pick<FastifyRequest, "cookies">): Promise<Found | undefined> {
    const cookie = request.cookies[this.#parts.cookieName];
    if (cookie === undefined) return undefined;
    const identity = await this.#parts.identities.find(cookie);
    if (identity && !comesFromOwnPage(request, this.#parts.publicUrl())) throw foreignPage();
    return identity?.signInId === undefined ? undefined : identity;
  }

  /** Whom a request that was let in stands for now; undefined when its sign-in or token has ended. */
  async stillIs(request: FastifyRequest): Promise<Found | undefined> {
    const { secret } = this.#personSecret(request);
    return secret === undefined ? undefined : this.#parts.identities.find(secret);
  }

  async #identify(request: FastifyRequest, secret: string | undefined, limits: RequestLimits): Promise<Found> {
    if (secret === undefined) {
      limits.countAddress(request);
      throw new Problem("unauthenticated", "Sign in first.");
    }
    const { identities } = this.#parts;
    // A neighbour who guesses keys must not keep out whoever has one; and no guess costs a query beyond the limit.
    const isKnown = identities.knew(secret);
    const takeBack = isKnown ? () => {} : limits.countAddress(request);
    const identity = await identities.find(secret).catch((error) => {
      takeBack();
      throw error;
    });
    if (identity) {
      takeBack();
      return identity;
    }
    if (isKnown) limits.countAddress(request);
    throw new Problem("unauthenticated", "The key or token is not valid (any more).");
  }

  #personSecret(request: FastifyRequest): { secret: string | undefined; fromCookie: boolean } {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
      return { secret: bearer, fromCookie: false };
    }
    return { secret: request.cookies[this.#parts.cookieName], fromCookie: true };
  }

  #requireOwnPage(request: FastifyRequest, identity: Identity): void {
    if (!comesFromOwnPage(request, this.#parts.publicUrl())) throw foreignPage();
    const given = request.headers["x-csrf-token"];
    if (identity.signInId === undefined || !isCsrfToken(this.#parts.csrfSecret, identity.signInId, given)) {
      throw new Problem("csrf_failed", "The X-CSRF-Token header is missing or not the one of this sign-in.");
    }
  }
}

const foreignPage = () =>
  new Problem(
    "csrf_failed",
    "The Origin header does not name this hub. Set PUBLIC_URL if people reach it by another name.",
  );

function machineSecret(request: FastifyRequest): { secret: string | undefined; fromCookie: boolean } {
  const key = request.headers["x-api-key"];
  return { secret: typeof key === "string" ? key : undefined, fromCookie: false };
}

const CALLERS: Readonly<Record<Exclude<Door, "public">, readonly Identity["caller"]["kind"][]>> = {
  people: ["user", "system"],
  daemons: ["server"],
  agents: ["session", "server"],
};

function requireDoor({ caller }: Identity, door: Exclude<Door, "public">): void {
  if (CALLERS[door].includes(caller.kind)) return;
  throw new Problem(
    "forbidden",
    door === "daemons" ? "This needs the server's own key." : `This is not for a ${caller.kind}.`,
  );
}
