/** What a script can tell apart without reading: one code for each kind of refusal. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  notSignedIn: 4,
  forbidden: 5,
  notFound: 6,
  conflict: 7,
  invalid: 8,
  later: 9,
  hubFault: 10,
  unhealthy: 11,
} as const;

/** What each code says, in the order of the documentation. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "done",
  failed: "something else went wrong on this side",
  usage: "the line is wrong",
  unreachable: "the hub does not answer, or none is known",
  notSignedIn: "the hub does not know who asks: no key, a wrong one, or one that has ended",
  forbidden: "the hub knows who asks and does not allow it",
  notFound: "there is no such thing, or it is somebody else's",
  conflict: "it cannot be done now: the thing is in another state than the command expects",
  invalid: "the hub does not accept what was sent",
  later: "too many requests, or the hub or its database is restarting: try again",
  hubFault: "something broke in the hub",
  unhealthy: "`doctor` found an error: its answer says which",
};

const BY_STATUS: Readonly<Record<number, number>> = {
  401: EXIT.notSignedIn,
  403: EXIT.forbidden,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
  429: EXIT.later,
  503: EXIT.later,
  504: EXIT.later,
};

/** The exit code for a refusal with this HTTP status. */
export function exitOfStatus(status: number): number {
  return BY_STATUS[status] ?? (status >= 500 ? EXIT.hubFault : EXIT.invalid);
}
