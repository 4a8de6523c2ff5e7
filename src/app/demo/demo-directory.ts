import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "headwater-demo-";

/**
 * A fresh temporary directory for the demo's store. Those of demos that were killed before they could remove theirs are
 * removed first: the name holds the process id.
 */
export async function makeDemoDirectory(parent: string = tmpdir()): Promise<string> {
  for (const name of await readdir(parent)) {
    const owner = /^headwater-demo-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) {
      // Another user's may not be removed, which is no reason to fail.
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
  return await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
