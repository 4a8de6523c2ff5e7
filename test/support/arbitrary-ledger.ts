import fc from "fast-check";
import {
  type BlockRef,
  type LedgerBlock,
  type LedgerTransaction,
  MOVEMENT_KINDS,
  type Movement,
  type TransactionOutputs,
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

const HASHES = ["ab".repeat(32), "0f".repeat(32)];
/** Ids of transactions, also such that their outputs' ids have a form of their own, or almost. */
const transactionId = fc.oneof(
  name,
  fc.constantFrom(...HASHES, `0x${HASHES[0]}`, HASHES[0]?.toUpperCase() ?? "", "a:7"),
);
const position = fc.oneof(
  fc.nat({ max: 300 }).map(String),
  fc.constantFrom("16777215", "16777216", "9007199254740993", "01", "-1", "1.5", "", " 1"),
);
const outputId = fc.tuple(transactionId, position).map(([id, at]) => `${id}:${at}`);

/** Any outputs in any order: the form holds also what no ledger would accept. Some of the ids are of `own`. */
function arbitraryOutputs(own: string): fc.Arbitrary<TransactionOutputs> {
  const id = fc.oneof(
    outputId,
    position.map((at) => `${own}:${at}`),
    name,
  );
  const list = fc.array(fc.record({ id, account: name, asset: name, amount }), { maxLength: 5 });
  return fc.record({ spends: list, makes: list, coinbase: fc.boolean() });
}

/** A transaction with any content but outputs. Its index is 0. */
const withoutOutputs: fc.Arbitrary<LedgerTransaction> = fc.record({
  id: transactionId,
  index: fc.constant(0),
  status: fc.constantFrom("success" as const, "failed" as const),
  fee: fc.option(fc.record({ payer: name, asset: name, amount })),
  movements: fc.array(arbitraryMovement, { maxLength: 8 }),
});

/** A transaction with any content. Its index is 0. */
export const arbitraryTransaction: fc.Arbitrary<LedgerTransaction> = fc.oneof(
  withoutOutputs,
  withoutOutputs.chain((transaction) =>
    arbitraryOutputs(transaction.id).map((outputs) => ({ ...transaction, outputs })),
  ),
);

const arbitraryRef: fc.Arbitrary<BlockRef> = fc
  .record({ height: fc.nat(), hash: name, parentHash: name, skipped: fc.nat(20), time: fc.maxSafeNat() })
  .map(({ skipped, ...ref }) => ({ ...ref, parentHeight: Math.max(-1, ref.height - 1 - skipped) }));

export const arbitraryBlock: fc.Arbitrary<LedgerBlock> = fc.record({
  ref: arbitraryRef,
  transactions: fc
    .array(withoutOutputs, { maxLength: 6 })
    .map((list) => list.map((transaction, index) => ({ ...transaction, index }))),
  observations: fc.array(fc.record({ account: name, asset: name, amount: fc.bigInt({ min: 0n, max: 2n ** 128n }) }), {
    maxLength: 3,
  }),
});
