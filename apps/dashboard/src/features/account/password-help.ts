/** The rule for a password, as people need it before they choose one. */
export const passwordHelp = "At least 10 characters, and not your name or e-mail address.";
