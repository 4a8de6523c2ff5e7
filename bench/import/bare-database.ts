import { Level } from "level";
import { LIMITS } from "../../src/core/limits.ts";

/** A new database in the folder, with Headwater's settings and nothing of Headwater around it. */
export async function openBareDatabase(folder: string): Promise<Level<Uint8Array, Uint8Array>> {
  const database = new Level<Uint8Array, Uint8Array>(folder, {
    keyEncoding: "view",
    valueEncoding: "view",
    cacheSize: LIMITS.levelCacheBytes,
    writeBufferSize: LIMITS.levelWriteBufferBytes,
    maxFileSize: LIMITS.levelFileBytes,
  });
  await database.open();
  return database;
}
