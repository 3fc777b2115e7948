import { mkdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { newSecret } from "../access/secret-hash.ts";
import { readOrMakePrivateFile } from "./private-file.ts";

const HubSecrets = z.object({ jwt_secret: z.string().min(32), csrf_secret: z.string().min(32) });
export type HubSecrets = z.infer<typeof HubSecrets>;

/** What signs the hub's tokens: made at its first start, kept in `secrets.json` (0600) of its home. */
export async function readHubSecrets(home: string): Promise<HubSecrets> {
  await mkdir(home, { recursive: true });
  const content = await readOrMakePrivateFile(path.join(home, "secrets.json"), () => {
    const made: HubSecrets = { jwt_secret: newSecret(""), csrf_secret: newSecret("") };
    return `${JSON.stringify(made, null, 2)}\n`;
  });
  return HubSecrets.parse(JSON.parse(content));
}
