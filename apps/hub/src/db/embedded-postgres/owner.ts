import { spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";

/** The operating system's user that Postgres runs as: it refuses to run as root. */
export interface Owner {
  uid: number;
  gid: number;
}

const OWN_USER = "orchestratia";

/** The user for a server that root starts; whoever owns the data already stays its owner. */
export async function chooseOwner(dataFolders: string[]): Promise<Owner> {
  for (const folder of dataFolders) {
    const found = await stat(folder).catch(() => undefined);
    if (found && found.uid !== 0) return { uid: found.uid, gid: found.gid };
  }
  const owner = lookUp("postgres") ?? lookUp(OWN_USER) ?? createUser() ?? lookUp("nobody");
  if (!owner) throw new Error("found no user to run Postgres as: create one named postgres, or set DATABASE_URL");
  return owner;
}

function lookUp(name: string): Owner | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
  if (uid?.status !== 0 || gid?.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function createUser(): Owner | undefined {
  spawnSync("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", OWN_USER]);
  return lookUp(OWN_USER);
}
