import { Block } from "bitcoinjs-lib/src/block";
import { beforeEach, describe, expect, it } from "vitest";
import { BITCOIN_REGTEST } from "../../../../src/testing/bitcoin/node-programs.ts";
import { assembleBlock, type BlockTemplate } from "../../../../src/testing/bitcoin/stand-in/assemble-block.ts";
import { heightScript } from "../../../../src/testing/bitcoin/stand-in/check-block.ts";
import { describeTransaction, type ParsedBlock } from "../../../../src/testing/bitcoin/stand-in/parsed.ts";
import { subsidyAt } from "../../../../src/testing/bitcoin/stand-in/rules.ts";
import { StandInChain } from "../../../../src/testing/bitcoin/stand-in/stand-in-chain.ts";
import {
  type Payment,
  type SpendableOutput,
  signTransaction,
  walletScript,
} from "../../../../src/testing/bitcoin/wallet.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

const START = Date.UTC(2026, 0, 1);
const owner = walletScript("p2wpkh", "owner", BITCOIN_REGTEST);
const other = walletScript("p2pkh", "other", BITCOIN_REGTEST);
const COIN = 100_000_000n;

let clock: FakeClock;
let chain: StandInChain;

beforeEach(() => {
  clock = new FakeClock(START);
  chain = new StandInChain("alder", clock);
});

function mine(count: number, on = chain): void {
  for (let i = 0; i < count; i++) on.mine(owner.script);
}

/** The reward of the block at a height. */
function reward(height: number): SpendableOutput {
  const [coinbase] = chain.tree.chain[height]?.transactions ?? [];
  if (!coinbase) throw new Error(`no block ${height}`);
  return { id: coinbase.id, position: 0, amount: coinbase.transaction.outs[0]?.value ?? 0n, owner };
}

function pay(inputs: readonly SpendableOutput[], amounts: readonly bigint[], sequence?: number) {
  const payments = amounts.map((amount): Payment => ({ script: other.script, amount }));
  return describeTransaction(signTransaction(inputs, payments, sequence));
}

function template(changes: Partial<BlockTemplate> = {}): BlockTemplate {
  const { tip } = chain.tree;
  const height = tip.height + 1;
  const time = Math.max(tip.medianTime + 1, chain.now);
  const script = owner.script;
  return {
    parentHash: tip.hash,
    height,
    time,
    script,
    reward: subsidyAt(height),
    transactions: [],
    tag: "t",
    ...changes,
  };
}

/** The block with its header changed, and work for it. */
function withHeader({ hex }: ParsedBlock, change: (block: Block) => void, works = true): string {
  const block = Block.fromHex(hex);
  change(block);
  block.nonce = 0;
  while (block.checkProofOfWork() !== works) block.nonce++;
  return block.toHex();
}

function coinsOf({ tree }: StandInChain): string[] {
  return [...tree.coins.entries()].map(([id, { amount, height }]) => `${id} ${amount} ${height}`).sort();
}

describe("a block is refused", () => {
  beforeEach(() => mine(101));

  it.each<[string, () => string]>([
    ["high-hash", () => withHeader(assembleBlock(template()), () => {}, false)],
    ["bad-diffbits", () => withHeader(assembleBlock(template()), (block) => (block.bits = 0x2000ffff))],
    [
      "bad-txnmrklroot",
      () => withHeader(assembleBlock(template()), (block) => (block.merkleRoot = Buffer.alloc(32, 1))),
    ],
    ["time-too-old", () => assembleBlock(template({ time: chain.tree.tip.medianTime })).hex],
    ["time-too-new", () => assembleBlock(template({ time: chain.now + 7_300 })).hex],
    ["bad-cb-height", () => assembleBlock(template({ height: 7, reward: 1n })).hex],
    ["bad-cb-amount", () => assembleBlock(template({ reward: subsidyAt(102) + 1n })).hex],
    ["prev-blk-not-found", () => assembleBlock(template({ parentHash: "11".repeat(32) })).hex],
    [
      "bad-txns-inputs-missingorspent",
      () => assembleBlock(template({ transactions: [pay([{ ...reward(1), id: "22".repeat(32) }], [1n])] })).hex,
    ],
    [
      "bad-txns-premature-spend-of-coinbase",
      () => assembleBlock(template({ transactions: [pay([reward(3)], [1n])] })).hex,
    ],
    [
      "bad-txns-in-belowout",
      () => assembleBlock(template({ transactions: [pay([reward(1)], [50n * COIN + 1n])] })).hex,
    ],
    [
      "bad-txns-inputs-missingorspent",
      () => assembleBlock(template({ transactions: [pay([reward(1)], [1n]), pay([reward(1)], [2n])] })).hex,
    ],
  ])("for %s", (reason, build) => {
    const before = coinsOf(chain);
    const block = build();
    expect(() => chain.submitBlock(block)).toThrow(reason);
    expect(chain.tree.tip.height).toBe(101);
    expect(coinsOf(chain)).toEqual(before);
  });

  it("not when it keeps all rules", () => {
    const fee = 1_000n;
    const block = assembleBlock(
      template({ transactions: [pay([reward(1)], [50n * COIN - fee])], reward: subsidyAt(102) + fee }),
    );
    expect(chain.submitBlock(block.hex).height).toBe(102);
    expect(chain.tree.coins.get(`${reward(1).id}:0`)).toBeUndefined();
  });
});

describe("the chain that is followed", () => {
  it("starts with regtest's own block, whose output nobody has", () => {
    expect(chain.tree.tip.hash).toBe("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    expect(chain.tree.coins.size).toBe(0);
  });

  it("is the longest, and of two as long the first; leaving and coming back gives the same outputs", () => {
    mine(3);
    const birch = new StandInChain("birch", clock);
    birch.connect(chain);
    expect(birch.tree.tip.hash).toBe(chain.tree.tip.hash);
    birch.disconnect(chain);
    mine(2);
    mine(2, birch);
    const before = coinsOf(chain);
    const own = chain.tree.tip.hash;
    birch.connect(chain);
    expect(chain.tree.tip.hash).toBe(own);
    mine(1, birch);
    expect(chain.tree.tip.hash).toBe(birch.tree.tip.hash);
    expect(coinsOf(chain)).toEqual(coinsOf(birch));
    const left = chain.tree.tip;
    chain.disconnect(birch);
    chain.tree.invalidate(left);
    // Of the two branches that are as long, the one that it stands on.
    expect(chain.tree.tip.hash).toBe(left.parentHash);
    chain.tree.invalidate(chain.tree.tip);
    expect(chain.tree.tip.hash).toBe(own);
    expect(coinsOf(chain)).toEqual(before);
    chain.tree.reconsider(left);
    expect(chain.tree.tip.hash).toBe(left.hash);
  });

  it("is not left for a longer one with a block that breaks a rule", () => {
    mine(1);
    const own = chain.tree.tip;
    const build = (parentHash: string, height: number, reward = subsidyAt(height)) =>
      assembleBlock({ ...template({ time: chain.now + 10 * height, reward }), parentHash, height });
    const first = build(own.parentHash, 1, subsidyAt(1) + 1n);
    chain.submitBlock(first.hex);
    const second = build(first.hash, 2);
    expect(() => chain.submitBlock(second.hex)).toThrow("bad-cb-amount");
    expect(chain.tree.tip).toBe(own);
    expect(() => chain.submitBlock(build(second.hash, 3).hex)).toThrow("bad-prevblk");
  });

  it("halves its reward every 150 blocks", () => {
    expect([1, 149, 150, 300, 64 * 150].map(subsidyAt)).toEqual([
      50n * COIN,
      50n * COIN,
      25n * COIN,
      1_250_000_000n,
      0n,
    ]);
  });

  it("writes heights as nodes do (BIP34)", () => {
    const hex = [1, 16, 17, 128, 256, 32_768, 8_388_607].map((height) =>
      Buffer.from(heightScript(height)).toString("hex"),
    );
    expect(hex).toEqual(["51", "60", "0111", "028000", "020001", "03008000", "03ffff7f"]);
  });
});

describe("the mempool", () => {
  beforeEach(() => mine(103));

  it("refuses what does not fit, and says why", () => {
    const first = pay([reward(1)], [50n * COIN - 10_000n]);
    chain.submitTransaction(first.hex);
    const reasons: [string, ReturnType<typeof pay>][] = [
      ["txn-already-in-mempool", first],
      ["txn-mempool-conflict", pay([reward(1)], [50n * COIN - 90_000n])],
      ["bad-txns-premature-spend-of-coinbase", pay([reward(50)], [1n])],
      ["bad-txns-inputs-missingorspent", pay([{ ...reward(1), id: "33".repeat(32) }], [1n])],
      ["bad-txns-in-belowout", pay([reward(2)], [51n * COIN])],
      ["min relay fee not met", pay([reward(2)], [50n * COIN - 50n])],
      ["bad-txns-inputs-duplicate", pay([reward(2), reward(2)], [1n])],
    ];
    for (const [reason, transaction] of reasons) expect(() => chain.submitTransaction(transaction)).toThrow(reason);
    expect(chain.mempool.size).toBe(1);
  });

  it("lets what pays more take the place of what allows it, with all that stands on that (BIP125)", () => {
    const replaceable = 0xfffffffd;
    const parent = chain.submitTransaction(pay([reward(1)], [50n * COIN - 10_000n], replaceable));
    const child = pay([{ id: parent.id, position: 0, amount: 50n * COIN - 10_000n, owner: other }], [49n * COIN]);
    chain.submitTransaction(child);
    // It has to pay for itself and for all that goes.
    expect(() => chain.submitTransaction(pay([reward(1)], [49n * COIN]))).toThrow("insufficient fee");
    const rival = chain.submitTransaction(pay([reward(1)], [48n * COIN]));
    expect(chain.mempool.entries().map(({ id }) => id)).toEqual([rival.id]);
    expect(() => chain.submitTransaction(pay([reward(1)], [40n * COIN]))).toThrow("txn-mempool-conflict");
  });

  it("gives blocks what pays best together, a parent for its child's sake", () => {
    const parent = chain.submitTransaction(pay([reward(1)], [50n * COIN - 300n]));
    const child = pay([{ id: parent.id, position: 0, amount: 50n * COIN - 300n, owner: other }], [49n * COIN]);
    const modest = chain.submitTransaction(pay([reward(2)], [50n * COIN - 2_000n]));
    chain.submitTransaction(child);
    expect(chain.mempool.choose().map(({ id }) => id)).toEqual([parent.id, child.id, modest.id]);
    expect(
      chain
        .mine(owner.script)
        .transactions.map(({ id }) => id)
        .slice(1),
    ).toEqual([parent.id, child.id, modest.id]);
    expect(chain.mempool.size).toBe(0);
  });

  it("loses what a block contradicts, and gets back what left the chain and still fits", () => {
    const birch = new StandInChain("birch", clock);
    birch.connect(chain);
    birch.disconnect(chain);
    const doomed = chain.submitTransaction(pay([reward(1)], [49n * COIN]));
    const kept = chain.submitTransaction(pay([reward(2)], [49n * COIN]));
    mine(1);
    birch.submitTransaction(pay([reward(1)], [48n * COIN]));
    mine(2, birch);
    birch.connect(chain);
    expect(chain.tree.tip.hash).toBe(birch.tree.tip.hash);
    expect(chain.mempool.entries().map(({ id }) => id)).toEqual([kept.id]);
    expect(chain.mempool.get(doomed.id)).toBeUndefined();
    mine(1);
    expect(chain.mempool.size).toBe(0);
  });
});
