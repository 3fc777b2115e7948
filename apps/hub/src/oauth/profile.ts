/** What a provider vouches for, after somebody has signed in there. */
export interface Profile {
  /** Who says so. */
  issuer: string;
  /** Who it is there, for good: neither a name nor an address, both of which may pass to somebody else. */
  subject: string;
  email: string | undefined;
  /** Whether the provider knows that the address is theirs now. */
  isEmailVerified: boolean;
  name: string | undefined;
}

/** The part of a sign-in that only the hub and the browser know, between leaving for the provider and coming back. */
export interface Challenge {
  state: string;
  nonce: string;
  /** Of PKCE (RFC 7636). */
  codeVerifier: string;
}
