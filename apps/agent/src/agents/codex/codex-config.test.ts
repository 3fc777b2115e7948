import { expect, test } from "vitest";
import { codexConfig } from "./codex-config.ts";

test("commands reach the hub and find `orchestratia`: the network, the session's token, its search path", () => {
  const config = codexConfig({ hookCommand: ["/usr/bin/node", "hook.js"], contextText: "" });
  expect(config).toEqual(
    expect.arrayContaining([
      "sandbox_workspace_write.network_access=true",
      "shell_environment_policy.ignore_default_excludes=true",
      "allow_login_shell=false",
    ]),
  );
});
