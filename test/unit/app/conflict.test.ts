import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConflictRecord } from "../../../src/core/contracts/records.ts";
import type { LedgerStore } from "../../../src/core/contracts/store.ts";
import { sealBlock } from "../../../src/core/ledger/seal.ts";
import type { BlockRef } from "../../../src/core/model.ts";
import { openLevelStore } from "../../../src/store/level/open.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import { runCli } from "./run-cli.ts";

const START = 3;
const sealed = TestChain.build(10, 1_700_000_000_000).blocks.map((block) => sealBlock(block));
const at = (height: number): BlockRef => sealed[height]?.ref as BlockRef;
const conflict: ConflictRecord = {
  since: 1_700_000_100_000,
  message: "2 of 3 operators call another block 7 final",
  evidence: {
    kind: "final-conflict",
    at: 1_700_000_099_000,
    said: ["b", "c"].map((name) => ({ node: name, operator: `op-${name}`, region: "eu" })),
    against: [{ node: "a", operator: "op-a", region: "us" }],
    theirs: { ...at(7), hash: "7-theirs" },
    ours: at(7),
  },
};

let folder: string;
let config: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headwater-conflict-"));
  config = join(folder, "config.yaml");
  const plugin = new URL("../../../src/testing/chain/test-plugin.ts", import.meta.url).pathname;
  const node = '{ name: a, url: "http://127.0.0.1:1", operator: o, region: r }';
  const chain = `  - id: test:1\n    alias: toy\n    plugin: ${plugin}\n    nodes:\n      - ${node}\n`;
  await writeFile(config, `region: r\nstore: { path: ./store }\nchains:\n${chain}`);
});
afterEach(() => rm(folder, { recursive: true }));

/** A store of blocks 3 to 9, final up to 8, in conflict about 7. */
async function fillStore(record: ConflictRecord | null = conflict): Promise<LedgerStore> {
  const store = await openLevelStore(join(folder, "store"));
  const ledger = await store.openChain({ chain: "test:1", profile: "test/1", startHeight: START });
  await ledger.commit(sealed.slice(START), { safe: at(8), finalized: at(8) });
  await store.records.setConflict("test:1", record ?? undefined);
  return store;
}

async function inspect(): Promise<{ tip: number | undefined; finalized: number | undefined; conflict: boolean }> {
  const store = await openLevelStore(join(folder, "store"));
  try {
    const ledger = await store.openChain({ chain: "test:1", profile: "test/1", startHeight: START });
    expect((await store.verify()).faults).toEqual([]);
    const { tip, finalized } = ledger.position ?? {};
    const found = await store.records.conflict("test:1");
    return { tip: tip?.height, finalized: finalized?.height, conflict: found !== undefined };
  } finally {
    await store.close();
  }
}

const untouched = { tip: 9, finalized: 8, conflict: true };

describe("headwater conflict show", () => {
  test("tells both blocks, and who stands for which", async () => {
    await (await fillStore()).close();
    const { code, stdout, stderr } = await runCli(["conflict", "show", "toy", "--config", config]);
    expect([code, stderr]).toEqual([0, ""]);
    const [head, found, theirs, tellers, ours, ourTellers, indexed, finalized] = stdout.split("\n");
    expect(head).toBe(
      "test:1 is in conflict since 2023-11-14T22:15:00.000Z: 2 of 3 operators call another block 7 final",
    );
    expect(found).toBe("found       2023-11-14T22:14:59.000Z");
    expect(theirs).toMatch(/^theirs {6}7 7-theirs upon /);
    expect(tellers).toBe("  told by   b (op-b, eu), c (op-c, eu)");
    expect(ours).toContain(at(7).hash);
    expect(ourTellers).toBe("  told by   a (op-a, us)");
    expect(indexed).toContain(`3 to 9 ${at(9).hash}`);
    expect(finalized).toContain(`8 ${at(8).hash}`);
  });

  test("says that there is none, that the chain is unknown, that the service runs, that there is no store", async () => {
    const show = (chain = "test:1") => runCli(["conflict", "show", chain, "--config", config]);
    expect(await show()).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no store at") });
    const store = await fillStore(null);
    expect(await show()).toMatchObject({ code: 75, stderr: expect.stringContaining("error: store-locked: ") });
    await store.close();
    expect(await show()).toMatchObject({ code: 1, stderr: expect.stringContaining("test:1 is in no conflict") });
    expect(await show("test:2")).toMatchObject({ code: 1, stderr: expect.stringContaining("expected one of toy") });
  });
});

describe("headwater conflict resolve", () => {
  const resolve = (...options: string[]) => runCli(["conflict", "resolve", "toy", "--config", config, ...options]);

  test("takes back final blocks and ends the conflict", async () => {
    await (await fillStore()).close();
    const { code, stdout } = await resolve("--roll-back-to", "5", "--yes");
    expect(code).toBe(0);
    expect(stdout).toBe(
      `test:1 goes back from block 9 to block 5 ${at(5).hash}, and indexes anew from there.\nDone. Start the service again.\n`,
    );
    expect(await inspect()).toEqual({ tip: 5, finalized: 5, conflict: false });
  });

  test("keeps all blocks and ends the conflict", async () => {
    await (await fillStore()).close();
    const { code, stdout } = await resolve("--keep", "--yes");
    expect([code, stdout]).toEqual([0, expect.stringContaining("test:1 keeps all its blocks.")]);
    expect(await inspect()).toEqual({ ...untouched, conflict: false });
  });

  test("changes nothing without --yes, and says what it would do", async () => {
    await (await fillStore()).close();
    for (const option of [["--keep"], ["--roll-back-to", "6"]]) {
      const { code, stdout } = await resolve(...option);
      expect(code).toBe(1);
      expect(stdout).toContain("told by   b (op-b, eu), c (op-c, eu)");
      expect(stdout).toContain("Nothing was changed. Repeat with --yes to do it.\n");
    }
    expect(await inspect()).toEqual(untouched);
  });

  test("refuses heights that would not resolve it, or that are not indexed", async () => {
    await (await fillStore()).close();
    for (const [height, code] of [
      ["7", "invalid-request"],
      ["9", "invalid-request"],
      ["2", "block-not-covered"],
    ] as const) {
      const answer = await resolve("--roll-back-to", height, "--yes");
      expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining(`error: ${code}: `) });
    }
    expect(await inspect()).toEqual(untouched);
  });

  test("wants one resolution, and one only", async () => {
    await (await fillStore()).close();
    for (const options of [
      ["--yes"],
      ["--keep", "--roll-back-to", "5"],
      ["--roll-back-to", "-1"],
      ["--roll-back-to", "5.5"],
    ]) {
      expect((await resolve(...options)).code, options.join(" ")).toBe(2);
    }
    expect(await inspect()).toEqual(untouched);
  });
});
