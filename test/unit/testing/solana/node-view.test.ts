import { beforeEach, describe, expect, it } from "vitest";
import { SolanaCluster } from "../../../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../../../src/testing/solana/cluster-wire.ts";
import { NodeView, type ViewOptions } from "../../../../src/testing/solana/node-view.ts";
import { Keypair } from "../../../../src/testing/solana/wire/keypair.ts";
import { askNode, errorOf } from "../../../support/solana-cluster.ts";

const BOB = Keypair.named("bob").address;
const CONFIRMED = { commitment: "confirmed" };
const PROCESSED = { commitment: "processed" };

describe("a node of the local cluster", () => {
  let cluster: SolanaCluster;

  beforeEach(() => {
    cluster = new SolanaCluster({ finalizedBlocks: 5, confirmedBlocks: 2 });
  });

  function node(options: ViewOptions = {}): ClusterWire {
    return new ClusterWire(new NodeView(cluster, options));
  }

  it("has three commitments so many blocks apart, whatever slots were skipped", async () => {
    const wire = node();
    cluster.makeSlots(8);
    cluster.skipSlots(100);
    cluster.makeSlots(2);
    const slots = ["processed", "confirmed", "finalized"].map((commitment) => askNode(wire, "getSlot", { commitment }));
    expect(await Promise.all(slots)).toEqual([110, 8, 5]);
    expect(await askNode(wire, "getBlockHeight", PROCESSED)).toBe(10);
    expect(await askNode(wire, "getBlocks", 0, 200)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await askNode(wire, "getBlocks", 7, CONFIRMED)).toEqual([7, 8]);
    expect(await askNode(wire, "getBlocksWithLimit", 3, 2, CONFIRMED)).toEqual([3, 4]);
  });

  it("tells a skipped slot from one that is not there yet only below what is final", async () => {
    const wire = node();
    cluster.makeSlots(3);
    cluster.skipSlots(2);
    cluster.makeSlots(3);
    const skipped = () => errorOf(wire, "getBlock", 4, CONFIRMED);
    expect(await skipped()).toEqual({ code: -32004, message: "Block not available for slot 4" });
    cluster.makeSlots(3);
    expect(await skipped()).toEqual({
      code: -32007,
      message: "Slot 4 was skipped, or missing due to ledger jump to recent snapshot",
    });
    expect(await errorOf(wire, "getBlockTime", 5)).toMatchObject({ code: -32007 });
    expect(await errorOf(wire, "getBlock", 999)).toEqual({ code: -32004, message: "Block not available for slot 999" });
    expect(await askNode(wire, "getBlock", 6, CONFIRMED)).toMatchObject({ parentSlot: 3, blockHeight: 4 });
  });

  it("prunes: says what its first block is, and cannot tell of what was below", async () => {
    const wire = node({ keptBlocks: 8 });
    cluster.makeSlots(3);
    cluster.skipSlots(1);
    cluster.makeSlots(16);
    expect(await askNode(wire, "getFirstAvailableBlock")).toBe(13);
    expect(await askNode(wire, "minimumLedgerSlot")).toBe(13);
    for (const slot of [3, 4, 12]) {
      expect(await errorOf(wire, "getBlock", slot)).toEqual({
        code: -32001,
        message: `Block ${slot} cleaned up, does not exist on node. First available block: 13`,
      });
    }
    expect(await askNode(wire, "getBlock", 13)).toMatchObject({ parentSlot: 12 });
    expect(await askNode(wire, "getBlocks", 0, 15)).toEqual([13, 14, 15]);
  });

  it("reads what it pruned from a long-term storage, which has words of its own for a skipped slot", async () => {
    const wire = node({ keptBlocks: 8, longTermStorage: true });
    cluster.makeSlots(3);
    cluster.skipSlots(1);
    cluster.makeSlots(16);
    expect(await askNode(wire, "getFirstAvailableBlock")).toBe(0);
    expect(await askNode(wire, "getBlock", 5)).toMatchObject({ parentSlot: 3 });
    expect(await errorOf(wire, "getBlock", 4)).toEqual({
      code: -32009,
      message: "Slot 4 was skipped, or missing in long-term storage",
    });
  });

  it("lags silently: healthy, receiving, and standing still", async () => {
    const view = new NodeView(cluster);
    const wire = new ClusterWire(view);
    cluster.makeSlots(10);
    view.freeze();
    cluster.makeSlots(30);
    expect(await askNode(wire, "getHealth")).toBe("ok");
    expect(await askNode(wire, "getSlot", PROCESSED)).toBe(10);
    expect(await askNode(wire, "getMaxShredInsertSlot")).toBe(40);
    expect(await askNode(wire, "getMaxRetransmitSlot")).toBe(40);
    view.thaw();
    expect(await askNode(wire, "getSlot", PROCESSED)).toBe(40);
  });

  it("is behind and says so when it is far behind", async () => {
    const view = new NodeView(cluster, { behindBlocks: 100 });
    const wire = new ClusterWire(view);
    cluster.makeSlots(150);
    expect(await askNode(wire, "getSlot", PROCESSED)).toBe(50);
    expect(await askNode(wire, "getHealth")).toBe("ok");
    view.fallBehind(140);
    expect(await errorOf(wire, "getHealth")).toEqual({
      code: -32005,
      message: "Node is behind by 140 slots",
      data: { numSlotsBehind: 140 },
    });
  });

  it("has blocks before it has written down what they did", async () => {
    const wire = node({ unwrittenBlocks: 4 });
    cluster.makeSlots(10);
    expect(await errorOf(wire, "getBlock", 7, CONFIRMED)).toEqual({
      code: -32014,
      message: "Block status not yet available for slot 7",
    });
    expect(await askNode(wire, "getBlock", 6, CONFIRMED)).toMatchObject({ parentSlot: 5 });
  });

  it("gives blocks before they are confirmed only where it is told to", async () => {
    cluster.makeSlots(10);
    expect(await errorOf(node(), "getBlock", 10, PROCESSED)).toMatchObject({ code: -32602 });
    expect(await askNode(node({ givesProcessed: true }), "getBlock", 10, PROCESSED)).toMatchObject({ parentSlot: 9 });
  });

  it("answers of the bank of the commitment, and refuses when that is older than asked", async () => {
    const wire = node();
    cluster.makeSlots(8);
    cluster.airdrop(BOB, 1_000_000_000n);
    cluster.makeSlot();
    const balance = (commitment: string) => askNode(wire, "getBalance", BOB, { commitment });
    expect(await balance("processed")).toMatchObject({ context: { slot: 9 }, value: 1_000_000_000 });
    expect(await balance("confirmed")).toMatchObject({ context: { slot: 7 }, value: 0 });
    expect(await errorOf(wire, "getBalance", BOB, { ...CONFIRMED, minContextSlot: 8 })).toEqual({
      code: -32016,
      message: "Minimum context slot has not been reached",
      data: { contextSlot: 7 },
    });
  });

  it("keeps digits beyond 2^53", async () => {
    cluster.airdrop(BOB, 12_345_678_901_234_567n);
    cluster.makeSlots(8);
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getBalance", params: [BOB] });
    const text = Buffer.from((await node().post({ body, timeoutMs: 1_000 })).body).toString("utf8");
    expect(text).toContain('"value":12345678901234567}');
  });

  describe("where validators do not agree", () => {
    it("leaves a branch: its blocks are gone, what was in them is sent again, what is final stays", async () => {
      const wire = node();
      cluster.makeSlots(10);
      const branch = cluster.fork(2);
      // One is good on both branches; what the other stands on is left with its block.
      const shared = cluster.ledger.index.bankAt(8, cluster.tip)?.blockhash;
      const signature = cluster.send(cluster.signAirdrop(BOB, 7_000_000n, shared).wire);
      const lost = cluster.airdrop(BOB, 2_000_000n);
      cluster.makeSlot();
      const left = await askNode<{ blockhash: string }>(wire, "getBlock", 9, CONFIRMED);
      cluster.skipSlots(3, branch);
      cluster.makeSlots(3, branch);
      cluster.follow(branch);
      expect(await askNode(wire, "getSlot", PROCESSED)).toBe(14);
      expect(await askNode(wire, "getSlot")).toBe(6);
      expect(await askNode(wire, "getBalance", BOB, PROCESSED)).toMatchObject({ value: 0 });
      expect(await askNode(wire, "getSignatureStatuses", [signature, lost])).toMatchObject({ value: [null, null] });
      cluster.makeSlots(5);
      expect(await askNode(wire, "getSignatureStatuses", [signature, lost])).toMatchObject({
        value: [{ slot: 15 }, null],
      });
      expect(await errorOf(wire, "getBlock", 9, CONFIRMED)).toMatchObject({ code: -32007 });
      expect(await askNode(wire, "getBlock", 12, CONFIRMED)).toMatchObject({ parentSlot: 8 });
      expect(left.blockhash).not.toBe(cluster.ledger.index.bankAt(12, cluster.tip)?.blockhash);
    });

    it("stays where it is told to, and both branches grow", async () => {
      const stays = new NodeView(cluster);
      const [one, other] = [node(), new ClusterWire(stays)];
      cluster.makeSlots(10);
      stays.stayOn(cluster.main);
      const branch = cluster.fork(1);
      cluster.airdrop(BOB, 5_000_000n);
      cluster.makeSlots(2);
      cluster.makeSlots(4, branch);
      cluster.follow(branch);
      cluster.makeSlots(2, cluster.main);
      const at = async (wire: ClusterWire) => {
        const { context, value } = await askNode<{ context: { slot: number }; value: number }>(
          wire,
          "getBalance",
          BOB,
          PROCESSED,
        );
        return [context.slot, value];
      };
      expect(await at(one)).toEqual([13, 0]);
      expect(await at(other)).toEqual([14, 5_000_000]);
      const [a, b] = await Promise.all(
        [one, other].map((wire) => askNode<{ blockhash: string }>(wire, "getBlock", 11, CONFIRMED)),
      );
      expect(a?.blockhash).not.toBe(b?.blockhash);
    });

    it("brings an account back to what it was on the other branch, and can go back", () => {
      cluster.airdrop(BOB, 5_000_000n);
      cluster.makeSlot();
      const branch = cluster.fork(1);
      cluster.makeSlots(3, branch);
      cluster.follow(branch);
      cluster.airdrop(BOB, 9_000_000n);
      cluster.makeSlot();
      // What was left came again.
      expect(cluster.account(BOB)?.lamports).toBe(14_000_000n);
      expect(cluster.account(BOB, cluster.main.tip)?.lamports).toBe(5_000_000n);
      cluster.follow(cluster.main);
      cluster.airdrop(BOB, 1_000_000n);
      cluster.makeSlot();
      expect(cluster.account(BOB)?.lamports).toBe(6_000_000n);
    });
  });
});
