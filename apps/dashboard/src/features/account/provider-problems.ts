const sentences: Readonly<Record<string, string>> = {
  oauth_expired: "The sign-in took too long, or began in another browser. Try again.",
  oauth_cancelled: "The provider was not allowed to say who you are. Try again, or sign in another way.",
  oauth_failed: "The provider did not confirm who you are. Try again.",
  provider_unavailable: "The provider cannot be asked now. Try again later, or sign in another way.",
  provider_not_found: "Nobody can sign in with that here. Choose another way.",
  not_invited: "No account here is linked to yours at the provider. Ask an admin of this hub for an invitation.",
  email_unverified: "The provider does not say that your e-mail address is yours. Verify it there first.",
  email_taken:
    "Your e-mail address has an account here already. Sign in to it another way; you can then link the provider in your settings, and open an invitation again. If that account is not yours, ask an admin of this hub.",
  identity_taken: "That account is linked to somebody else here already.",
  user_deactivated: "Your account here is deactivated. Ask an admin of this hub.",
  token_invalid: "The invitation is not valid: it was used, withdrawn or is too old. Ask for another one.",
  forbidden: "The invitation is for another e-mail address than the one that you came with.",
  unauthenticated: "You were signed out meanwhile. Sign in and try again.",
  too_many_requests: "There were too many tries. Wait a minute and try again.",
};

/** Why a way over a provider did not end well, by the code that came back with the browser. */
export const providerProblem = (code: string): string =>
  (Object.hasOwn(sentences, code) ? sentences[code] : undefined) ??
  "The sign-in with the provider did not work. Try again.";
