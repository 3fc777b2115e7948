/** Only a path of this origin: a link may not send a person elsewhere after the sign-in. */
export const safePath = (path: string | undefined): string =>
  path?.startsWith("/") && !/^\/[\t\r\n]*[/\\]/.test(path) ? path : "/";
