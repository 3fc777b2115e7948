import { lazy } from "react";

/** Administration is rare: its code comes with the first wish for it. */
export const ServerSettingsDialog = lazy(() =>
  import("./server-settings-dialog.tsx").then((it) => ({ default: it.ServerSettingsDialog })),
);
export const RegistrationTokensDialog = lazy(() =>
  import("./registration-tokens-dialog.tsx").then((it) => ({ default: it.RegistrationTokensDialog })),
);
