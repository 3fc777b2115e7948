import { homedir, userInfo } from "node:os";
import { join } from "node:path";

/** Where a daemon keeps its state unless it was told otherwise; `home` is ORCHESTRATIA_HOME. */
export function usualStateDir(home: string | undefined): string {
  if (home) return join(home, "agent");
  if (userInfo().uid === 0) return "/var/lib/orchestratia-agent";
  return join(homedir(), ".local/state/orchestratia");
}
