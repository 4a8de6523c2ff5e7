import { Type } from "typebox";
import type {
  Chain,
  ChainPlugin,
  CheckResult,
  PendingOutputs,
  RawBlock,
  RawPending,
  SpentOutputs,
  TrailAt,
  Verification,
} from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { BlockRef, LedgerBlock } from "../../core/model.ts";
import { CoinClient } from "./coin-client.ts";
import { readTestJson } from "./test-block.ts";
import { type CoinTransaction, listCoins, outputsOf, TEST_COIN, tellCoin, tellCoins } from "./test-coins.ts";
import { parseTestBlock, verifyTestBlock, wayTo } from "./test-plugin.ts";

/** A block's time must be later than that of the block so many before it. */
const TRAIL_BLOCKS = 3;

/** A chain family for tests of the engine whose coins are outputs: nodes are TestNodes on chains built with `makeCoins`. */
const plugin: ChainPlugin = {
  manifest: {
    family: "test-coins",
    contract: "^1.0.0",
    capabilities: { historicalBalances: false, tokens: false, utxos: true, pending: true },
    optionsSchema: Type.Object({}, { additionalProperties: false }),
  },
  open(config): Chain {
    const { verify: mode } = config.index;
    return {
      info: {
        id: config.id,
        name: "Test coins",
        nativeAsset: TEST_COIN,
        nativeInfo: { symbol: "TST", decimals: 6 },
        expectedIntervalMs: 1_000,
        finality: { kind: "tags" },
      },
      parseAccount: (text) => text,
      formatAccount: (account) => account,
      parseAsset: (text) => text,
      parseHash: (text) => (text.includes("-") ? text : undefined),
      selectProfile: (_, stored) => stored ?? "test-coins/1",
      canServe: () => true,
      completeness: () => "complete",
      startsAtZero: () => true,
      connect: (transport) => new CoinClient(wayTo(transport)),
      listsOutputs: () => true,
      listOutputs: (raw) => {
        const { ref, coins } = parse(raw);
        return { ref, ...listCoins({ ref, coins }) };
      },
      verify: (raw, spent) => verify(raw, mode, spent),
      decode,
      trailBlocks: TRAIL_BLOCKS,
      verifyTrail,
      spendableFrom: ({ height, coinbase }) => (coinbase ? height + 2 : height),
      listPendingOutputs,
      decodePending: (raw, spent) => {
        const coin = parsePending(raw);
        const { size = 100, replaceable = false } = coin;
        return { transaction: tellCoin(coin, 0, spent, `node ${raw.node}`), size, replaceable };
      },
    };
  },
};
export default plugin;

function verify(raw: RawBlock, mode: Parameters<typeof verifyTestBlock>[2], spent?: SpentOutputs): Verification {
  const block = parse(raw);
  const { ref, checks } = verifyTestBlock(block, raw, mode);
  if (!spent) return { ref, checks: [...checks, { check: "amounts", result: "skipped", reason: "not known yet" }] };
  tellCoins(block, spent);
  return { ref, checks: [...checks, { check: "amounts", result: "passed" }] };
}

function decode(raw: RawBlock, spent: SpentOutputs = []): LedgerBlock {
  const block = parse(raw);
  // A plugin that takes its thread down with it.
  if (block.coins.some(({ id }) => id === "crash")) process.exit(3);
  const trail = new TextEncoder().encode(`${block.ref.time}`);
  return { ref: block.ref, transactions: tellCoins(block, spent), observations: [], trail };
}

function verifyTrail(ref: BlockRef, trail: Uint8Array, trailAt: TrailAt): readonly CheckResult[] {
  const before = trailAt(ref.height - TRAIL_BLOCKS);
  if (!before) return [{ check: "time", result: "skipped", reason: "no block so far below is known" }];
  const [time, earliest] = [trail, before].map((each) => Number(new TextDecoder().decode(each))) as [number, number];
  if (time > earliest) return [{ check: "time", result: "passed" }];
  throw new IntegrityViolation("time", `later than ${earliest}`, `${time}`, `block ${ref.height} ${ref.hash}`);
}

function listPendingOutputs(raw: RawPending): PendingOutputs {
  const coin = parsePending(raw);
  return { spends: coin.spends, makes: outputsOf(coin, -1) };
}

function parsePending(raw: RawPending): CoinTransaction {
  const coin = readTestJson(new TextDecoder().decode(raw.bytes)) as CoinTransaction;
  if (coin.id === raw.id) return coin;
  throw new HeadwaterError("node-bad-response", `node ${raw.node}: asked for ${raw.id}, got ${coin.id}`);
}

function parse(raw: RawBlock) {
  const block = parseTestBlock(raw);
  return { ...block, coins: block.coins ?? [] };
}
