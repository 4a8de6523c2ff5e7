import { describe, expect, it } from "vitest";
import { hashContent } from "../../../../src/core/ledger/content-hash.ts";
import { sealBlock } from "../../../../src/core/ledger/seal.ts";
import type { LedgerBlock } from "../../../../src/core/model.ts";

const block: LedgerBlock = {
  ref: { height: 7, hash: "b7", parentHash: "b6", parentHeight: 6, time: 1_700_000_000_000 },
  transactions: [
    {
      id: "t",
      index: 0,
      status: "success",
      fee: null,
      movements: [{ account: "ann", asset: "slip44:1", delta: 5n, kind: "transfer" }],
    },
  ],
  observations: [{ account: "ann", asset: "slip44:1", amount: 2n ** 64n }],
  trail: Uint8Array.of(1, 2),
};
const hash = (change: Partial<LedgerBlock> = {}) => hashContent(sealBlock({ ...block, ...change }));

describe("the hash over a block's content", () => {
  it("is the same for the same content", () => {
    expect(hash()).toMatch(/^[0-9a-f]{64}$/);
    expect(hash({ ref: { ...block.ref } })).toBe(hash());
  });

  it.each([
    ["a movement", { transactions: [] }],
    ["the parent", { ref: { ...block.ref, parentHash: "b5" } }],
    ["the time", { ref: { ...block.ref, time: 1_700_000_000_001 } }],
    ["an observed balance", { observations: [{ account: "ann", asset: "slip44:1", amount: 2n ** 64n + 1n }] }],
    ["whose balance was observed", { observations: [{ account: "bob", asset: "slip44:1", amount: 2n ** 64n }] }],
    ["a missing observation", { observations: [] }],
    ["the trail", { trail: Uint8Array.of(1, 3) }],
    ["an empty trail", { trail: new Uint8Array(0) }],
  ] as const)("is another with another content: %s", (_, change) => {
    expect(hash(change as Partial<LedgerBlock>)).not.toBe(hash());
  });

  it("tells an empty trail from none", () => {
    const { trail: _, ...bare } = block;
    expect(hashContent(sealBlock(bare))).not.toBe(hash({ trail: new Uint8Array(0) }));
  });
});
