import { spawn } from "node:child_process";

/**
 * A plugin that opencode loads in a session of ours: it hands what happens to our hook, one event after the other, and
 * lets no tool run that the hook did not allow. It runs inside opencode, so it imports nothing of the daemon's.
 */
interface Told {
  type: string;
  properties: Record<string, unknown>;
}

interface Client {
  postSessionIdPermissionsPermissionId(reply: {
    path: { id: string; permissionID: string };
    body: { response: "once" };
  }): Promise<unknown>;
}

const heard = new Set(["session.created", "session.status", "session.error", "permission.asked", "question.asked"]);
const hookLimitMs = 900_000;

export const OrchestratiaSession = async (
  { client, directory }: { client: Client; directory: string },
  { hookCommand = [] }: { hookCommand?: string[] } = {},
) => {
  const children = new Set<unknown>();
  const allowedCalls = new Set<unknown>();
  let last = Promise.resolve("");
  const tell = (event: string, payload: object): Promise<string> => {
    const told = last.catch(() => "").then(() => runHook(hookCommand, event, payload));
    last = told;
    return told;
  };

  return {
    async event({ event: { type, properties } }: { event: Told }) {
      if (!heard.has(type)) return;
      const info = properties.info as { id?: string; parentID?: string } | undefined;
      // Sub-agents have sessions of their own, which begin and end while the agent works.
      if (info?.parentID) children.add(info.id);
      if (children.has(properties.sessionID)) return;
      const call = (properties.tool as { callID?: string } | undefined)?.callID;
      if (type === "permission.asked" && allowedCalls.has(call)) {
        const path = { id: String(properties.sessionID), permissionID: String(properties.id) };
        await client.postSessionIdPermissionsPermissionId({ path, body: { response: "once" } });
        return;
      }
      // Whoever waits for an event to be told would hold up opencode.
      tell(type, properties).catch(() => {});
    },

    async "tool.execute.before"({ tool, callID }: { tool: string; callID: string }, { args }: { args: unknown }) {
      // With it a person is asked something; no rule of ours is about that.
      if (tool === "question") return;
      const answer = await runHook(hookCommand, "tool.execute.before", { tool, input: args, cwd: directory });
      const { decision, reason } = JSON.parse(answer) as { decision: string; reason?: string };
      if (decision !== "allow") throw new Error(reason || "This tool is not allowed.");
      allowedCalls.add(callID);
    },

    async "tool.execute.after"({ callID }: { callID: string }) {
      allowedCalls.delete(callID);
    },
  };
};

/** What the hook prints. Throws when it cannot be run, fails, or is silent for too long. */
function runHook([program, ...args]: string[], event: string, payload: object): Promise<string> {
  return new Promise((resolve, reject) => {
    if (program === undefined) throw new Error("Orchestratia's hook is not configured.");
    const child = spawn(program, [...args, "opencode", event], {
      stdio: ["pipe", "pipe", "ignore"],
      timeout: hookLimitMs,
      killSignal: "SIGKILL",
    });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`Orchestratia's hook failed (${code}): nobody could be asked whether this is allowed.`));
    });
    child.stdin.on("error", () => {}); // its exit code says more
    child.stdin.end(JSON.stringify(payload));
  });
}
