import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../../../src/plugins/evm/decode.ts";
import { findNetwork } from "../../../../src/plugins/evm/networks.ts";
import type { RpcBlock } from "../../../../src/plugins/evm/raw.ts";
import { ACCOUNTS, BLOCK_HASH, buildHeader, hex } from "../../../support/evm-block.ts";
import { type BlockParts, buildRawBlock, readFixture } from "../../../support/evm-fixtures.ts";
import { mainnetRules } from "../../../support/evm-rules.ts";

const { miner, other } = ACCOUNTS;
const UNCLE_HASH = `0x${"3".repeat(64)}`;
const FINNEY = 10n ** 15n;

function decodeMined(height: number, uncleHeights: readonly number[] = [], parts: BlockParts = {}) {
  const block = buildHeader({ number: hex(height), difficulty: "0x20000", uncles: uncleHeights.map(() => UNCLE_HASH) });
  const uncles = uncleHeights.map((uncle) => buildHeader({ number: hex(uncle), hash: UNCLE_HASH, miner: other }));
  return decodeBlock(buildRawBlock({ block, uncles, ...parts }, "evm/1"), mainnetRules);
}

function rewardsOf(height: number, uncleHeights: readonly number[] = []) {
  const { transactions } = decodeMined(height, uncleHeights);
  return transactions.flatMap(({ movements }) => movements.map(({ account, delta, kind }) => [kind, account, delta]));
}

describe("rewards of mined blocks", () => {
  test.each([
    [1, 5000n],
    [4_369_999, 5000n],
    [4_370_000, 3000n],
    [7_279_999, 3000n],
    [7_280_000, 2000n],
    [15_537_393, 2000n],
  ])("block %i earns %i finney", (height, finney) => {
    expect(rewardsOf(height)).toEqual([["reward", miner, finney * FINNEY]]);
    expect(decodeMined(height).transactions[0]).toMatchObject({ id: `block:${BLOCK_HASH}`, index: 0, fee: null });
  });

  test("an uncle earns (8 - distance)/8, and 1/32 for who includes it", () => {
    // The figures that Erigon's trace_block gives for block 4417196 and its uncle.
    expect(rewardsOf(4_417_196, [4_417_195])).toEqual([
      ["reward", miner, 0x2aef353bcddd6000n],
      ["reward", other, 0x246ddf9797668000n],
    ]);
    expect(rewardsOf(100, [99, 94])).toEqual([
      ["reward", miner, 5312_500_000_000_000_000n],
      ["reward", other, 4375n * FINNEY],
      ["reward", other, 1250n * FINNEY],
    ]);
  });

  test("nobody mined the genesis block, and nobody mines since the merge", () => {
    expect(rewardsOf(0)).toEqual([]);
    const block = buildHeader({ difficulty: "0x0" });
    expect(decodeBlock(buildRawBlock({ block }, "evm/1"), mainnetRules).transactions).toEqual([]);
  });

  test("uncles whose headers are not there are refused", () => {
    expect(() => decodeMined(100, [99], { uncles: undefined })).toThrowError(
      expect.objectContaining({ code: "node-bad-response" }),
    );
  });

  test.each([100, 93, 101])("an uncle of height %i in block 100 is a violation", (uncle) => {
    expect(() => decodeMined(100, [uncle])).toThrowError(expect.objectContaining({ code: "integrity-violation" }));
  });

  test("of block 4370006 of Ethereum with its uncle", () => {
    const { block, receipts, uncles } = readFixture<{ block: RpcBlock; receipts: unknown; uncles: RpcBlock[] }>(
      "coinbase__chainstorage/ethereum/ethereum_4370006.json",
    );
    const decoded = decodeBlock(buildRawBlock({ block, receipts, uncles }, "evm/1"), mainnetRules);
    const own = decoded.transactions.at(-1);
    expect(own?.id).toBe(`block:${block.hash}`);
    const distance = BigInt(block.number) - BigInt(uncles[0]?.number ?? 0);
    expect(own?.movements.map(({ account, delta }) => [account, delta])).toEqual([
      [block.miner, 3093_750_000_000_000_000n],
      [uncles[0]?.miner, 375n * (8n - distance) * FINNEY],
    ]);
  });

  test("the plugin's table holds Ethereum's and Ropsten's schedules", () => {
    expect(findNetwork(1).rewards).toEqual(mainnetRules.rewards);
    expect(findNetwork(3).rewards.map(({ fromHeight }) => fromHeight)).toEqual([0, 1_700_000, 4_230_000]);
    expect(findNetwork(8453).rewards).toEqual([]);
  });
});
