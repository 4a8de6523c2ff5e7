import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLevelStore } from "../../src/store/level/open.ts";
import { parentOfStart, sampleChain } from "../../src/testing/store/sample-blocks.ts";

const terms = { chain: "test:one", profile: "p", startHeight: 0 };

describe("opening a store", () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "headwater-open-"));
  });
  afterEach(async () => {
    await rm(path, { recursive: true });
  });

  test("makes directories that are missing", async () => {
    const store = await openLevelStore(join(path, "a", "b"));
    expect(await store.chains()).toEqual([]);
    await store.close();
  });

  test("of another process is refused with the path and what to do", async () => {
    const child = spawn(process.execPath, [new URL("store-crash-child.ts", import.meta.url).pathname, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    const opening = openLevelStore(path);
    await expect(opening).rejects.toMatchObject({ code: "store-locked", details: { path } });
    await expect(opening).rejects.toThrow(`the store at ${path} is in use by another process`);
    child.kill("SIGKILL");
    await exited;
    const store = await openLevelStore(path);
    expect((await store.chains()).length).toBe(1);
    await store.close();
  });

  test("of this process for the second time is refused, and the first goes on", async () => {
    const store = await openLevelStore(path);
    await expect(openLevelStore(path)).rejects.toMatchObject({ code: "store-locked" });
    const ledger = await store.openChain(terms);
    await ledger.commit(sampleChain(parentOfStart(0), [{}]));
    await store.close();
  });

  test("whose files are damaged is refused with the path", async () => {
    const store = await openLevelStore(path);
    const ledger = await store.openChain(terms);
    await ledger.commit(sampleChain(parentOfStart(0), [{}]), undefined, true);
    await store.close();
    const manifest = (await readdir(path)).find((name) => name.startsWith("MANIFEST")) as string;
    await truncate(join(path, manifest), 20);
    await expect(openLevelStore(path)).rejects.toMatchObject({ code: "store-corrupt", details: { path } });
  });

  test("where a directory cannot be made is a store failure", async () => {
    await writeFile(join(path, "file"), "");
    await expect(openLevelStore(join(path, "file", "store"))).rejects.toMatchObject({ code: "store-failure" });
  });
});
