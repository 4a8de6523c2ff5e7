import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";

/** Below the ports that systems give to those who ask for any: nobody else is given one of these between look and use. */
const LOWEST = 18_000;
const HIGHEST = 30_000;

/**
 * Two ports on which nothing listens on loopback at this moment. Another program may still take one before it is used.
 * @throws HeadwaterError `test-node-failed` when none is found
 */
export async function findPortPair(): Promise<readonly [number, number]> {
  for (let i = 0; i < LIMITS.testNodePortTries; i++) {
    const port = randomInt(LOWEST / 2, HIGHEST / 2) * 2;
    if ((await isFree(port)) && (await isFree(port + 1))) return [port, port + 1];
  }
  throw new HeadwaterError("test-node-failed", `no free ports found between ${LOWEST} and ${HIGHEST}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
