import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryLevel } from "memory-level";
import { describe, it } from "vitest";
import type { LedgerStore } from "../../src/core/contracts/store.ts";
import { openLevelStore } from "../../src/store/level/open.ts";
import { createLevelStore } from "../../src/store/level/store.ts";
import { describeStore } from "../../src/testing/store-conformance.ts";

const paths = new WeakMap<LedgerStore, string>();

async function openAt(path: string): Promise<LedgerStore> {
  const store = await openLevelStore(path);
  paths.set(store, path);
  return store;
}

function pathOf(store: LedgerStore): string {
  const path = paths.get(store);
  if (path === undefined) throw new Error("a store of another harness");
  return path;
}

describeStore(
  "level",
  {
    open: async () => openAt(await mkdtemp(join(tmpdir(), "headwater-store-"))),
    reopen: async (store) => {
      await store.close();
      return openAt(pathOf(store));
    },
    destroy: async (store) => {
      await store.close();
      await rm(pathOf(store), { recursive: true });
    },
  },
  { describe, it },
);

describeStore(
  "an in-memory level",
  {
    open: async () => {
      const database = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: "view", valueEncoding: "view" });
      await database.open();
      return createLevelStore(database, false);
    },
    destroy: (store) => store.close(),
  },
  { describe, it },
);
