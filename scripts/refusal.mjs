/** Something that the person who typed the command can mend; shown without a stack. */
export class Refusal extends Error {
  name = "Refusal";
}

/** Runs a script's main function: a `Refusal` is told in a line, anything else is a bug and shown whole. */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Refusal ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
