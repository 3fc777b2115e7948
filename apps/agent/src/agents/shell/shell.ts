import { userInfo } from "node:os";
import type { Agent } from "../agent.ts";

const usersShell = (): string => {
  const { shell } = userInfo();
  return shell && !/\/(nologin|false)$/.test(shell) ? shell : "/bin/sh";
};

/** The user's shell: idle while it is in the foreground itself, working while a command is. */
export const shell: Agent = {
  name: "shell",
  kind: "shell",
  command: [usersShell()],
  status({ foreground }) {
    if (foreground === null) return "unknown";
    return foreground ? "idle" : "working";
  },
};
