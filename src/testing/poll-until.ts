import { systemClock } from "../core/clock.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";

/** How often a node is asked for what it does not tell by itself, milliseconds. */
const POLL_MS = 10;

/**
 * Asks a node again and again until there is something else than undefined.
 * @throws HeadwaterError `test-node-failed` after `LIMITS.testNodeStartMs`
 */
export async function pollUntil<T>(ask: () => Promise<T | undefined>, failure: string): Promise<T> {
  const end = systemClock.now() + LIMITS.testNodeStartMs;
  while (true) {
    const found = await ask();
    if (found !== undefined) return found;
    if (systemClock.now() > end) throw new HeadwaterError("test-node-failed", failure);
    await systemClock.sleep(POLL_MS);
  }
}
