import { expect, test } from "vitest";
import { sealBlock } from "../../../src/core/ledger/seal.ts";
import type { LedgerBlock, Observation } from "../../../src/core/model.ts";
import { buffersOf, packBlock, unpackBlock } from "../../../src/sync/packed-block.ts";

const ref = { height: 7, hash: "b", parentHash: "a", parentHeight: 5, time: 9 };
const observation = (account: string, asset: string, amount: bigint): Observation => ({ account, asset, amount });

function block(transactions: number, observations: readonly Observation[]): LedgerBlock {
  return {
    ref,
    observations,
    transactions: Array.from({ length: transactions }, (_, index) => ({
      id: `id ${index}`,
      index,
      status: "success",
      fee: null,
      movements: [
        { account: `account ${index % 3}`, asset: "slip44:1", delta: 2n ** 70n + BigInt(index), kind: "transfer" },
      ],
    })),
    trail: Uint8Array.of(1, 2, 3),
  };
}

test.each([
  ["nothing", block(0, [])],
  ["transactions alone", block(5, [])],
  ["observations in one asset", block(2, [observation("A", "x", 2n ** 200n), observation("B", "x", 0n)])],
  [
    "observations in several",
    block(2, [observation("A", "x", 1n), observation("B", "y", 2n), observation("A", "y", 3n)]),
  ],
])("a block with %s crosses threads as it is", (_name, decoded) => {
  const sealed = sealBlock(decoded);
  const packed = packBlock(sealed);
  expect(unpackBlock(packed)).toEqual(sealed);
  // With what moves gone from here.
  expect(unpackBlock(structuredClone(packed, { transfer: buffersOf(packed) }))).toEqual(sealBlock(decoded));
});

test("of a block of watched accounts what is kept", () => {
  const decoded = block(6, [observation("account 1", "slip44:1", 4n), observation("account 2", "slip44:1", 4n)]);
  const sealed = sealBlock(decoded, (account) => account === "account 1");
  expect(sealed.encoded.length).toBe(2);
  expect(unpackBlock(packBlock(sealed))).toEqual(sealed);
});
