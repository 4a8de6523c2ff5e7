import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTransaction } from "../../../../src/core/ledger/codec.ts";
import { hashLedger, initialDigest, nextDigest, sealBlock } from "../../../../src/core/ledger/seal.ts";
import type { LedgerBlock, LedgerTransaction, Movement, TransactionOutput } from "../../../../src/core/model.ts";
import { arbitraryBlock } from "../../../support/arbitrary-ledger.ts";
import { codeOf } from "../../../support/error-code.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const seal = (block: LedgerBlock) => hex(sealBlock(block).ledgerHash);

const movement: Movement = { account: "alice", asset: "coin", delta: -5n, kind: "transfer" };
const transaction: LedgerTransaction = {
  id: "tx-0",
  index: 0,
  status: "success",
  fee: { payer: "alice", asset: "coin", amount: 1n },
  movements: [movement, { account: "bob", asset: "coin", delta: 5n, kind: "transfer" }],
};
const block: LedgerBlock = {
  ref: { height: 7, hash: "0xaaaaaaaa", parentHash: "0xbbbbbbbb", parentHeight: 6, time: 1_700_000_000_000 },
  transactions: [transaction, { ...transaction, id: "tx-1", index: 1 }],
  observations: [{ account: "alice", asset: "coin", amount: 10n }],
};
const withRef = (change: Partial<LedgerBlock["ref"]>): LedgerBlock => ({ ...block, ref: { ...block.ref, ...change } });
const withFirst = (change: Partial<LedgerTransaction>): LedgerBlock => ({
  ...block,
  transactions: [{ ...transaction, ...change }, ...block.transactions.slice(1)],
});
const withMovement = (change: Partial<Movement>) =>
  withFirst({ movements: [{ ...movement, ...change }, ...transaction.movements.slice(1)] });
const output = { id: "tx-0:0", account: "alice", asset: "coin", amount: 5n };
const withOutputs = (makes: readonly TransactionOutput[], coinbase = false) =>
  withFirst({ outputs: { spends: [], makes, coinbase } });
const withFee = (change: Partial<NonNullable<LedgerTransaction["fee"]>>) =>
  withFirst({ fee: { payer: "alice", asset: "coin", amount: 1n, ...change } });

const changes: readonly (readonly [string, LedgerBlock])[] = [
  ["height", withRef({ height: 8 })],
  ["hash", withRef({ hash: "0xaaaaaaab" })],
  ["parentHash", withRef({ parentHash: "0xbbbbbbbc" })],
  ["parentHeight", withRef({ parentHeight: 5 })],
  ["time", withRef({ time: 1_700_000_000_001 })],
  ["transaction id", withFirst({ id: "tx-x" })],
  ["status", withFirst({ status: "failed" })],
  ["no fee", withFirst({ fee: null })],
  ["fee payer", withFee({ payer: "bob" })],
  ["fee asset", withFee({ asset: "gold" })],
  ["fee amount", withFee({ amount: 2n })],
  ["account", withMovement({ account: "carol" })],
  ["asset", withMovement({ asset: "gold" })],
  ["delta", withMovement({ delta: -6n })],
  ["sign of delta", withMovement({ delta: 5n })],
  ["kind", withMovement({ kind: "internal" })],
  ["order of movements", withFirst({ movements: transaction.movements.toReversed() })],
  ["a movement less", withFirst({ movements: [movement] })],
  ["a transaction less", { ...block, transactions: [transaction] }],
  ["outputs", withOutputs([output])],
  ["amount of an output", withOutputs([{ ...output, amount: 6n }])],
  ["account of an output", withOutputs([{ ...output, account: "bob" }])],
  ["id of an output", withOutputs([{ ...output, id: "tx-0:1" }])],
  ["an output that is a reward", withOutputs([output], true)],
  ["no transactions", { ...block, transactions: [] }],
];

describe("the hash over a block's ledger", () => {
  it("is different when anything is different", () => {
    const hashes = [block, ...changes.map(([, changed]) => changed)].map(seal);
    const names = ["unchanged", ...changes.map(([name]) => name)];
    const twins = names.filter((_name, i) => hashes.indexOf(hashes[i] as string) !== i);
    expect(twins).toEqual([]);
  });

  it("is equal for equal blocks, and does not cover observations: they are not stored with the ledger", () => {
    expect(seal(structuredClone(block))).toBe(seal(block));
    expect(seal({ ...block, observations: [] })).toBe(seal(block));
  });

  it("tells any two ledgers apart", () => {
    const ledger = (b: LedgerBlock) =>
      JSON.stringify([b.ref, b.transactions], (_key, value) => (typeof value === "bigint" ? `${value}n` : value));
    fc.assert(
      fc.property(arbitraryBlock, arbitraryBlock, (a, b) => {
        const bySorted = (x: LedgerBlock) =>
          ledger({ ...x, ref: Object.fromEntries(Object.entries(x.ref).sort()) as LedgerBlock["ref"] });
        expect(seal(a) === seal(b)).toBe(bySorted(a) === bySorted(b));
      }),
    );
  });

  it("can be made again from what a store keeps", () => {
    fc.assert(
      fc.property(arbitraryBlock, (any) => {
        const sealed = sealBlock(any);
        expect(sealed.ref).toBe(any.ref);
        expect(sealed.observations).toBe(any.observations);
        expect(sealed.encoded.map((bytes) => decodeTransaction(bytes))).toEqual(any.transactions);
        expect(hex(hashLedger(any.ref, sealed.encoded))).toBe(hex(sealed.ledgerHash));
      }),
    );
  });

  it("survives a thread's boundary", () => {
    const sealed = sealBlock(block);
    const crossed = structuredClone(sealed);
    expect(crossed.encoded.map(hex)).toEqual(sealed.encoded.map(hex));
    expect(hex(crossed.ledgerHash)).toBe(hex(sealed.ledgerHash));
  });

  it.each<[string, readonly number[]]>([
    ["a gap", [0, 2]],
    ["a start after 0", [1, 2]],
    ["the same number twice", [0, 0]],
  ])("is refused for transactions numbered with %s", (_name, indexes) => {
    const transactions = indexes.map((index) => ({ ...transaction, index }));
    expect(codeOf(() => sealBlock({ ...block, transactions }))).toBe("plugin-invalid");
  });

  it("does not cover the trail, which follows from the block's hash, and refuses one that is too long", () => {
    expect(seal({ ...block, trail: Uint8Array.of(1) })).toBe(seal(block));
    expect(codeOf(() => sealBlock({ ...block, trail: new Uint8Array(257) }))).toBe("plugin-invalid");
  });

  it.each([7, 8])("is refused for a parent at height %d of a block at 7", (parentHeight) => {
    expect(codeOf(() => sealBlock(withRef({ parentHeight })))).toBe("plugin-invalid");
  });
});

describe("the digest", () => {
  it("binds the chain, the profile and the first height", () => {
    const all = [
      initialDigest("a:1", "p", 0),
      initialDigest("a:2", "p", 0),
      initialDigest("a:1", "q", 0),
      initialDigest("a:1", "p", 1),
      initialDigest("a:1p", "", 0),
    ].map(hex);
    expect(new Set(all).size).toBe(all.length);
  });

  it("depends on the order of blocks", () => {
    const start = initialDigest("a:1", "p", 0);
    const [one, two] = [sealBlock(block).ledgerHash, sealBlock(withRef({ height: 8, parentHeight: 7 })).ledgerHash];
    expect(hex(nextDigest(nextDigest(start, one), two))).not.toBe(hex(nextDigest(nextDigest(start, two), one)));
  });

  // Computed apart from this code, from the description in docs/adr/0003-canonical-form-and-digest.md.
  it("is this for these blocks: replicas and old stores rely on it", () => {
    const start = initialDigest("test:1", "profile/1", 7);
    const digest = nextDigest(
      nextDigest(start, sealBlock(block).ledgerHash),
      sealBlock(withRef({ height: 8, parentHeight: 7 })).ledgerHash,
    );
    expect([hex(start), seal(block), hex(digest)]).toEqual([
      "6d1144e21febd78bb904773075cdf929197fed1d19e7ea4836549c422185aeea",
      "27bc7ce76d06556c0836b09c55751b209fde5baf56ae6b5f79b7d6ee164fde11",
      "45193fd7c07e6fb09fb25db83302ce4143df32c83d6f2ac8a94bdacaf12af457",
    ]);
  });
});
