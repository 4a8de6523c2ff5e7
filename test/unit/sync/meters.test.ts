import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/core/contracts/logger.ts";
import type { RawBlock } from "../../../src/core/contracts/plugin.ts";
import type { Evidence } from "../../../src/core/contracts/records.ts";
import type { ChainLedger, LedgerStore } from "../../../src/core/contracts/store.ts";
import { HeadwaterError, IntegrityViolation } from "../../../src/core/errors.ts";
import { sealBlock } from "../../../src/core/ledger/seal.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import type { BlockRef } from "../../../src/core/model.ts";
import type { BlockDecoder } from "../../../src/sync/decode-pool.ts";
import type { OpenBlock } from "../../../src/sync/decode-protocol.ts";
import { CheckCounter } from "../../../src/sync/meters/check-counter.ts";
import { MeteredDecoder } from "../../../src/sync/meters/metered-decoder.ts";
import { meterStore } from "../../../src/sync/meters/metered-store.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { openMemoryStore } from "../../support/memory-store.ts";

const CHAIN = "test:one";
let metrics: Metrics;

beforeEach(() => {
  metrics = createMetrics(silentLogger);
});

/** The series of one metric, by their labels but the chain. */
async function series(name: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of (await metrics.expose()).text.split("\n")) {
    const [, of, labels, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    if (of === name) found[(labels as string).replaceAll(/,?chain="test:one",?/g, "")] = Number(value);
  }
  return found;
}

function refAt(height: number): BlockRef {
  return { height, hash: `${height}-main`, parentHash: `${height - 1}-main`, parentHeight: height - 1, time: height };
}

describe("the store as the engine uses it", () => {
  let store: LedgerStore;
  let ledger: ChainLedger;

  beforeEach(async () => {
    store = meterStore(await openMemoryStore(), CHAIN, metrics, new FakeClock(), () => {});
    ledger = await store.openChain({ chain: CHAIN, profile: "test/1", startHeight: 0 });
    const movements = [{ account: "a", asset: "x", delta: 1n, kind: "mint" } as const];
    const block = (height: number) =>
      sealBlock({
        ref: refAt(height),
        transactions: [{ id: `t${height}`, index: 0, status: "success", fee: null, movements }],
        observations: [],
      });
    await ledger.commit([block(0), block(1), block(2)]);
    await ledger.commit([block(3)]);
  });

  it("counts what is committed", async () => {
    expect(await series("headwater_committed_blocks_total")).toEqual({ "": 4 });
    expect(await series("headwater_committed_movements_total")).toEqual({ "": 4 });
    expect(await series("headwater_commit_duration_seconds_count")).toEqual({ "": 2 });
    expect(ledger.position?.tip.height).toBe(3);
    await store.close();
  });

  it("counts reorgs by their depth, and none where nothing was taken back", async () => {
    await ledger.rollback(refAt(3));
    expect(await series("headwater_reorg_depth_blocks_count")).toEqual({});
    await ledger.rollback(refAt(1));
    expect(await series("headwater_reorg_depth_blocks_sum")).toEqual({ "": 2 });
    await ledger.mark({ safe: refAt(1), finalized: refAt(1) });
    await expect(ledger.rollback(refAt(0))).rejects.toMatchObject({ code: "finality-conflict" });
    await ledger.rollback(refAt(0), { belowFinal: true });
    expect(ledger.position?.tip.height).toBe(0);
    expect(await series("headwater_reorg_depth_blocks_sum")).toEqual({ "": 3 });
    expect(await series("headwater_rollback_duration_seconds_count")).toEqual({ "": 2 });
    await store.close();
  });

  it("counts a reorg that leaves nothing", async () => {
    await ledger.rollback(null);
    expect(ledger.position).toBeUndefined();
    expect(await series("headwater_reorg_depth_blocks_sum")).toEqual({ "": 4 });
    await store.close();
  });

  it("counts balances that nodes contradict", async () => {
    const found = { account: "a", asset: "x", block: refAt(3), expected: 4n, actual: 5n, wholeAsset: true };
    await ledger.dispute(found);
    expect(await series("headwater_balance_mismatches_total")).toEqual({ "": 1 });
    expect([...ledger.partialAssets]).toEqual(["x"]);
    await store.close();
  });

  it("counts evidence by kind, from nothing on", async () => {
    const before = await series("headwater_evidence_total");
    expect(before).toMatchObject({ 'kind="equivocation"': 0, 'kind="balance-dissent"': 0 });
    const evidence: Evidence = {
      kind: "equivocation",
      at: 1,
      said: [{ node: "n", operator: "o", region: "r" }],
      against: [],
      theirs: refAt(3),
      ours: null,
    };
    expect(await store.records.addEvidence(CHAIN, evidence)).toMatchObject({ sequence: 1 });
    expect(await store.records.evidence(CHAIN, 10)).toHaveLength(1);
    expect(await series("headwater_evidence_total")).toEqual({ ...before, 'kind="equivocation"': 1 });
    await store.close();
  });
});

describe("the checks of blocks", () => {
  const raw: RawBlock = { asked: { height: 1 }, profile: "p", node: "n", parts: {} };
  const sealed = sealBlock({ ref: refAt(1), transactions: [], observations: [] });
  const count = () => series("headwater_verify_checks_total");
  const failing = (error: Error) => metered({ run: () => Promise.reject(error) });
  const metered = (parts: Partial<BlockDecoder>) =>
    new MeteredDecoder(
      {
        run: () => Promise.reject(new Error("not asked for")),
        mark: () => Promise.reject(new Error("not asked for")),
        complete: () => Promise.reject(new Error("not asked for")),
        watch: () => {},
        ...parts,
      },
      new CheckCounter(metrics),
    );

  it("counts passed and skipped ones by their name", async () => {
    const checks = [
      { check: "hash", result: "passed" },
      { check: "receipts", result: "skipped", reason: "off" },
    ] as const;
    const decoder = metered({ run: async () => ({ sealed, checks }) });
    expect(await decoder.run(CHAIN, raw)).toEqual({ sealed, checks });
    await decoder.run(CHAIN, raw);
    expect(await count()).toEqual({ 'check="hash",result="passed"': 2, 'check="receipts",result="skipped"': 2 });
  });

  it.each([
    ["hash", "hash"],
    ["receipts[17].status", "receipts.status"],
    ["transactions[0] transaction", "transactions transaction"],
    ["balance of 0xabc123 in block 17", "balance of  in block"],
    ["0x12", "unnamed"],
    [`long ${"x".repeat(100)}`, `long ${"x".repeat(LIMITS.metricLabelCharacters - 5)}`],
  ])("counts a failed one without its place: %s", async (field, check) => {
    const decoder = failing(new IntegrityViolation(field, "a", "b", "block 1"));
    await expect(decoder.run(CHAIN, raw)).rejects.toMatchObject({ code: "integrity-violation" });
    expect(await count()).toEqual({ [`check="${check}",result="failed"`]: 1 });
  });

  it("counts of another copy of a block only what failed: what it passes is counted with the block", async () => {
    const copy = { ref: refAt(1), mark: { bytes: "b", content: "c" } };
    expect(await metered({ mark: async () => copy }).mark(CHAIN, raw)).toBe(copy);
    expect(await count()).toEqual({});
    const failed = new IntegrityViolation("hash", "a", "b", "block 1");
    await expect(metered({ mark: () => Promise.reject(failed) }).mark(CHAIN, raw)).rejects.toBe(failed);
    expect(await count()).toEqual({ 'check="hash",result="failed"': 1 });
  });

  it("counts those of a block with two looks once, as they came out in the end", async () => {
    const open: OpenBlock = {
      outputs: { ref: refAt(1), spends: [], makes: [] },
      checks: [
        { check: "hash", result: "passed" },
        { check: "fees", result: "skipped", reason: "needs the outputs spent" },
      ],
      raw,
    };
    const checks = [{ check: "fees", result: "passed" }] as const;
    const decoder = metered({ run: async () => open, complete: async () => ({ sealed, checks }) });
    expect(await decoder.run(CHAIN, raw)).toBe(open);
    expect(await count()).toEqual({});
    await decoder.complete(CHAIN, open, []);
    expect(await count()).toEqual({ 'check="hash",result="passed"': 1, 'check="fees",result="passed"': 1 });
  });

  it("counts the one that fails in the second look", async () => {
    const violation = new IntegrityViolation("coinbase", "50", "51", "block 1");
    const open: OpenBlock = { outputs: { ref: refAt(1), spends: [], makes: [] }, checks: [], raw };
    const decoder = metered({ complete: () => Promise.reject(violation) });
    await expect(decoder.complete(CHAIN, open, [])).rejects.toBe(violation);
    expect(await count()).toEqual({ 'check="coinbase",result="failed"': 1 });
  });

  it("does not take another failure for a failed check", async () => {
    const decoder = failing(new HeadwaterError("node-bad-response", "no JSON"));
    await expect(decoder.run(CHAIN, raw)).rejects.toMatchObject({ code: "node-bad-response" });
    expect(await count()).toEqual({});
  });

  it("tells only so many names apart", async () => {
    let next = 0;
    const run = async () => ({
      sealed,
      checks: [{ check: `check ${"abcdefghij"[next % 10]}${next++}`, result: "passed" }] as const,
    });
    const decoder = metered({ run });
    for (let i = 0; i < LIMITS.metricCheckNames + 5; i++) await decoder.run(CHAIN, raw);
    const counted = await count();
    expect(Object.keys(counted)).toHaveLength(LIMITS.metricCheckNames + 1);
    expect(counted['check="other",result="passed"']).toBe(5);
  });
});
