import { Argument } from "commander";
import type { CommandModule } from "../command-module.ts";

/** How the shells learn what may stand where: the script calls the hidden command `complete` at a Tab. */
export const completion: CommandModule = {
  examples: ["orchestratia completion bash", "orchestratia completion zsh"],
  define(command) {
    command
      .addArgument(new Argument("<shell>", "Whose script it is").choices(["bash", "zsh", "fish", "powershell"]))
      .addHelpText("after", INSTALL)
      .action(async (shell: string) => {
        const { script } = await import("@bomb.sh/tab");
        script(shell, "orchestratia", "orchestratia");
      });
  },
};

const INSTALL = `
Put what it prints where your shell looks:
  bash        ~/.local/share/bash-completion/completions/orchestratia (with the package bash-completion)
  zsh         _orchestratia in a folder of $fpath
  fish        ~/.config/fish/completions/orchestratia.fish
  powershell  the file that $PROFILE names`;
