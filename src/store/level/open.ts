import { Level } from "level";
import { type MetricRegistry, noMetrics } from "../../core/contracts/metrics.ts";
import type { LedgerStore } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { asStoreError, levelCode } from "./database.ts";
import { createLevelStore } from "./store.ts";

/**
 * Opens the embedded store in a directory, made when it is missing. One process at a time.
 * @throws HeadwaterError `store-locked`, `store-incompatible`, `store-corrupt`, `store-failure`
 */
export async function openLevelStore(path: string, metrics: MetricRegistry = noMetrics): Promise<LedgerStore> {
  const database = new Level<Uint8Array, Uint8Array>(path, {
    keyEncoding: "view",
    valueEncoding: "view",
    cacheSize: LIMITS.levelCacheBytes,
    writeBufferSize: LIMITS.levelWriteBufferBytes,
    maxFileSize: LIMITS.levelFileBytes,
    maxOpenFiles: LIMITS.levelOpenFiles,
  });
  try {
    await database.open();
  } catch (error) {
    throw openError(path, error);
  }
  try {
    return await createLevelStore(database, true, metrics);
  } catch (error) {
    await database.close();
    throw error;
  }
}

function openError(path: string, error: unknown): HeadwaterError {
  const details = { path };
  const code = levelCode(error);
  if (code === "LEVEL_LOCKED") {
    const message = `the store at ${path} is in use by another process: stop it, or give this one a store path of its own`;
    return new HeadwaterError("store-locked", message, { details, cause: error });
  }
  const failure = asStoreError(error, `opening the store at ${path}`);
  if (code !== "LEVEL_CORRUPTION") return failure;
  const message = `${failure.message}. Restore the directory from a backup, or index anew into an empty one`;
  return new HeadwaterError("store-corrupt", message, { details, cause: error });
}
