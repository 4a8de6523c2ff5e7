import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { stringify } from "yaml";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { openLevelStore } from "../../src/store/level/open.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { kill, startCli } from "./cli-service.ts";
import { indexed } from "./service.ts";

export type Kills = {
  /** A folder for the configuration's file. */
  readonly folder: string;
  /** Its store stays from one start to the next. */
  readonly config: HeadwaterConfig;
  readonly seed: number;
  /** How often the service is killed while its nodes make nothing new, and while they do. */
  readonly importing: number;
  readonly following: number;
  /** How long the service is let work before it is killed, at most, milliseconds. */
  readonly mostMs: number;
  /** The nodes make something new: called over and over while the service follows. */
  readonly goOn: (random: SeededRandom) => Promise<void>;
  /** The hash of the block that the service has to come to in the end. */
  readonly newest: () => string | Promise<string>;
  /** The digest that a fresh import ends with at the block of this hash. */
  readonly freshDigest: (hash: string) => Promise<string>;
};

/**
 * Kills a service with `kill -9` at random moments, lets it come to the newest block in the end, and holds what it has then
 * against a fresh import and against the store's own verification.
 */
export async function expectToSurviveKills(kills: Kills): Promise<void> {
  const { folder, config, importing, following, mostMs, goOn } = kills;
  const random = new SeededRandom(kills.seed);
  const configFile = join(folder, "headwater.yaml");
  await writeFile(configFile, stringify(config));
  for (let i = 0; i < importing + following; i++) {
    const { child, listening } = startCli(configFile);
    await listening;
    const lifeMs = random.integer(0, mostMs);
    if (i < importing) await pause(lifeMs);
    else for (const until = Date.now() + lifeMs; Date.now() < until; ) await goOn(random);
    await kill(child);
  }
  const hash = await kills.newest();
  const last = startCli(configFile);
  const block = await indexed(await last.listening, hash);
  last.child.kill("SIGTERM");
  await once(last.child, "exit");
  expect(block.digest).toBe(await kills.freshDigest(hash));
  const store = await openLevelStore(config.store.path);
  expect((await store.verify()).faults).toEqual([]);
  await store.close();
}
