import { describe, expect, it } from "vitest";
import { failureOf } from "../../../../support/failure-of.ts";
import { openSolanaNode } from "../../../../support/solana-node.ts";
import { slotHash } from "../../../../support/solana-slots.ts";

const at = (value: unknown) => ({ context: { slot: 60 }, value });

function open(prices: readonly unknown[], fee: unknown = 5_000) {
  return openSolanaNode({
    getRecentPrioritizationFees: () => prices,
    getLatestBlockhash: () => at({ blockhash: slotHash(60), lastValidBlockHeight: 200 }),
    getFeeForMessage: () => at(fee),
  });
}

const priced = (prices: readonly number[]) =>
  prices.map((prioritizationFee, i) => ({ slot: 100 + i, prioritizationFee }));

describe("fees", () => {
  it("are lamports a signature, and prices of computation that so many of the newest blocks would have taken", async () => {
    const { node, server } = await open(priced([0, 900, 10, 20, 30, 40, 50, 60, 70, 80]));
    expect(await node.estimateFees?.({ writes: [slotHash(7)] })).toEqual({
      asset: "slip44:501",
      fixed: [{ per: "signature", amount: 5_000n }],
      unit: "compute unit",
      rateParts: 1_000_000n,
      base: 0n,
      rates: { slow: 20n, normal: 50n, fast: 900n },
      blocks: 10,
      newest: 109,
    });
    expect(server.requests[0]?.calls[0]?.params).toEqual([[slotHash(7)]]);
  });

  it("are each at least as dear as the one before", async () => {
    for (const prices of [[3], [5, 1], [0, 0, 7], [9, 9, 9, 9]]) {
      const { node } = await open(priced(prices));
      const rates = (await node.estimateFees?.({}))?.rates;
      expect(rates && rates.slow <= rates.normal && rates.normal <= rates.fast).toBe(true);
    }
  });

  it("are missing, not 0, where the node remembers no block", async () => {
    const { node } = await open([]);
    expect((await failureOf(node.estimateFees?.({}) as Promise<unknown>)).code).toBe("node-block-missing");
  });

  it.each<[readonly unknown[], unknown]>([
    [[{ slot: 1 }], 5_000],
    [[{ slot: 1, prioritizationFee: -1 }], 5_000],
    [priced([1]), null],
    [priced([1]), "5000"],
  ])("are refused in another form: %j, %j", async (prices, fee) => {
    const { node } = await open(prices, fee);
    expect((await failureOf(node.estimateFees?.({}) as Promise<unknown>)).code).toBe("node-bad-response");
  });

  it("of more accounts than nodes take are refused", async () => {
    const { node, server } = await open(priced([1]));
    const writes = Array.from({ length: 129 }, (_, i) => slotHash(i));
    expect((await failureOf(node.estimateFees?.({ writes }) as Promise<unknown>)).code).toBe("invalid-request");
    expect(server.requests).toEqual([]);
  });
});
