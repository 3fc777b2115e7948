import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import { type Context, peopleClient } from "../context.ts";
import { withoutSlash } from "../hub-access.ts";
import * as operations from "../people-operations.ts";
import { readSignIns, type SignIn, writeSignIns } from "../sign-ins.ts";

interface Options {
  hub?: string;
  email?: string;
  passwordStdin?: true;
  tokenStdin?: true;
}

export const login: CommandModule = {
  examples: [
    "orchestratia login --hub https://hub.example.org",
    "orchestratia login --hub https://hub.example.org --token-stdin < token.txt",
  ],
  define(command, context) {
    command
      .option("--hub <url>", "Where the hub is; without it the one signed in at last")
      .option("--email <address>", "Who signs in; asked for when it is not said")
      .option("--password-stdin", "Read the password from standard input instead of asking")
      .option("--token-stdin", "Read an access token from standard input instead of a password")
      .action(async (options: Options) => {
        const { signInsFile, hubUrl } = context.environment;
        const signIns = readSignIns(signInsFile);
        const given = options.hub ?? hubUrl ?? signIns.current;
        if (given === undefined) throw new CommandError("not_configured", "Which hub? Say --hub https://…");
        const url = withoutSlash(given);
        const signIn = options.tokenStdin ? await byToken(context, url) : await byPassword(context, url, options);
        const { project } = signIns.hubs[url] ?? {};
        const kept = project === undefined ? signIn : { ...signIn, project };
        writeSignIns(signInsFile, { current: url, hubs: { ...signIns.hubs, [url]: kept } });
        context.output.answer({ hub: url, user: signIn.user }, ({ user }) => [`Signed in at ${url} as ${user}.`]);
      });
  },
};

async function byPassword(context: Context, url: string, { email, passwordStdin }: Options): Promise<SignIn> {
  const who = email ?? (await context.ask("E-mail: ", { secret: false }));
  const password = passwordStdin
    ? (await context.readStdin()).replace(/\r?\n$/, "")
    : await context.ask("Password: ", { secret: true });
  const { token, user } = await peopleClient(url, undefined).call(operations.signIn, {
    body: { email: who, password },
  });
  return { token, user: user.email };
}

async function byToken(context: Context, url: string): Promise<SignIn> {
  const token = (await context.readStdin()).trim();
  const { user } = await peopleClient(url, token).call(operations.me);
  return { token, user: user.email };
}
