import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sealBlock } from "../../../src/core/ledger/seal.ts";
import { openLevelStore } from "../../../src/store/level/open.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import { runCli } from "./run-cli.ts";

let folder: string;
let config: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headwater-verify-"));
  config = join(folder, "config.yaml");
  const plugin = new URL("../../../src/testing/chain/test-plugin.ts", import.meta.url).pathname;
  const node = '{ name: a, url: "http://127.0.0.1:1", operator: o, region: r }';
  await writeFile(
    config,
    `region: r\nstore: { path: ./store }\nchains:\n  - id: test:1\n    plugin: ${plugin}\n    nodes:\n      - ${node}\n`,
  );
});
afterEach(() => rm(folder, { recursive: true }));

async function fillStore() {
  const store = await openLevelStore(join(folder, "store"));
  const ledger = await store.openChain({ chain: "test:1", profile: "test/1", startHeight: 0 });
  await ledger.commit(TestChain.build(5, 1_700_000_000_000).blocks.map((block) => sealBlock(block)));
  return store;
}

describe("headwater verify", () => {
  test("counts what it has checked", async () => {
    await (await fillStore()).close();
    const { code, stdout, stderr } = await runCli(["verify", "--config", config]);
    expect([code, stdout]).toEqual([0, "journal: 5 entries\ntest:1: 5 blocks, 10 transactions\nthe store is whole\n"]);
    expect(stderr).toMatch(/^(verifying: \d+ of \d+ \(\d+ %\)\n)*$/);
  });

  test("says what it could not recompute where transactions are kept in part", async () => {
    const store = await openLevelStore(join(folder, "store"));
    const ledger = await store.openChain({ chain: "test:1", profile: "test/1", startHeight: 0, scope: "watched" });
    await ledger.commit(TestChain.build(5, 1_700_000_000_000).blocks.map((block) => sealBlock(block, () => false)));
    await store.close();
    const { code, stdout } = await runCli(["verify", "--config", config]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "test:1: 5 blocks, 10 transactions (scope watched: 0 are stored, each checked; 0 blocks recomputed, of 5 only the chain of their digests)\n",
    );
  });

  test("names what was altered, with code 1", async () => {
    await (await fillStore()).close();
    const database = new Level<Uint8Array, Uint8Array>(join(folder, "store"), {
      keyEncoding: "view",
      valueEncoding: "view",
    });
    const transactions = "T".charCodeAt(0);
    for await (const [key, value] of database.iterator()) {
      // A row of transactions of the first chain: its last byte belongs to a movement.
      if (key[2] !== transactions || key[1] === 0) continue;
      value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
      await database.put(key, value);
      break;
    }
    await database.close();
    const { code, stdout } = await runCli(["verify", "--config", config]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAULT .+: expected .+, got .+$/m);
    expect(stdout).toMatch(/^\d+ faults$/m);
  });

  test("of a store in use ends with code 75", async () => {
    const store = await fillStore();
    const { code, stderr } = await runCli(["verify", "--config", config]);
    await store.close();
    expect(code).toBe(75);
    expect(stderr).toContain("error: store-locked: ");
  });

  test("of no store is no success, and makes none", async () => {
    for (const _ of [1, 2]) {
      const { code, stderr } = await runCli(["verify", "--config", config]);
      expect(code).toBe(1);
      expect(stderr).toContain(`  there is no store at ${join(folder, "store")}\n`);
    }
  });
});
