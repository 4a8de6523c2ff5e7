import fc from "fast-check";
import {
  type BlockRef,
  type LedgerBlock,
  type LedgerTransaction,
  MOVEMENT_KINDS,
  type Movement,
} from "../../src/core/model.ts";

/** Names from a small pool, so that movements share accounts and assets, and any text besides. */
const name = fc.oneof(
  fc.constantFrom("0x00000000000000000000000000000000000000aa", "0xBB", "alice", "slip44:60", "token:1"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const amount = fc.oneof(fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n }));

const arbitraryMovement: fc.Arbitrary<Movement> = fc.record({
  account: name,
  asset: name,
  delta: amount,
  kind: fc.constantFrom(...MOVEMENT_KINDS),
});

/** A transaction with any content. Its index is 0. */
export const arbitraryTransaction: fc.Arbitrary<LedgerTransaction> = fc.record({
  id: name,
  index: fc.constant(0),
  status: fc.constantFrom("success" as const, "failed" as const),
  fee: fc.option(fc.record({ payer: name, asset: name, amount })),
  movements: fc.array(arbitraryMovement, { maxLength: 8 }),
});

const arbitraryRef: fc.Arbitrary<BlockRef> = fc
  .record({ height: fc.nat(), hash: name, parentHash: name, skipped: fc.nat(20), time: fc.maxSafeNat() })
  .map(({ skipped, ...ref }) => ({ ...ref, parentHeight: Math.max(-1, ref.height - 1 - skipped) }));

export const arbitraryBlock: fc.Arbitrary<LedgerBlock> = fc.record({
  ref: arbitraryRef,
  transactions: fc
    .array(arbitraryTransaction, { maxLength: 6 })
    .map((list) => list.map((transaction, index) => ({ ...transaction, index }))),
  observations: fc.array(fc.record({ account: name, asset: name, amount: fc.bigInt({ min: 0n, max: 2n ** 128n }) }), {
    maxLength: 3,
  }),
});
