import { Problem } from "@orchestratia/protocol/problems";

const FEWEST_CHARACTERS = 4;

/**
 * Refuses what others would try first: the person's own name or address, or hardly a handful of different characters.
 * How long it must be is the schema's to say. Throws password_weak.
 */
export function mustBeStrongPassword(password: string, { email, name }: { email: string; name: string }): void {
  const [local = "", domain = ""] = email.split("@");
  const own = [email, local, domain, name, local + name, name + local].map(bare).filter((text) => text !== "");
  if (own.includes(bare(password))) {
    throw new Problem("password_weak", "The password is your name or e-mail address. Choose another one.");
  }
  if (new Set(password.toLowerCase()).size < FEWEST_CHARACTERS) {
    throw new Problem("password_weak", "The password repeats a few characters. Choose another one.");
  }
}

/** Case, spaces, signs and what is counted up at the end make a name no harder to guess. */
const bare = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replace(/(?<=\p{L})\p{N}+$/u, "");
