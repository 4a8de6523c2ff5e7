import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../../../src/plugins/evm/decode.ts";
import type { RpcBlock, RpcStateDiff } from "../../../../src/plugins/evm/raw.ts";
import { ACCOUNTS, buildHeader, buildReceipt, buildTransaction, hex } from "../../../support/evm-block.ts";
import { buildRawBlock, readFixture } from "../../../support/evm-fixtures.ts";
import { mainnetRules, opStackRules } from "../../../support/evm-rules.ts";

const { sender, target, other, miner } = ACCOUNTS;
const COIN = "slip44:60";

function observe(diffs: readonly RpcStateDiff[], fields: Partial<RpcBlock> = {}, rules = mainnetRules) {
  const hashes = diffs.map((_, i) => `0x${String(i).padStart(64, "0")}`);
  const transactions = hashes.map((hash) => buildTransaction({ hash, value: "0x0" }));
  const frame = { type: "CALL", from: sender, to: target };
  const parts = {
    block: buildHeader({ transactions, ...fields }),
    receipts: hashes.map((transactionHash) => buildReceipt({ transactionHash, l1Fee: "0x0" })),
    calls: hashes.map((txHash) => ({ txHash, result: frame })),
    diffs: diffs.map((result, i) => ({ txHash: hashes[i], result })),
    uncles: [],
  };
  const { observations } = decodeBlock(buildRawBlock(parts, "evm/1+traces"), rules);
  return observations.map(({ account, asset, amount }) => {
    expect(asset).toBe(COIN);
    return [account, amount];
  });
}

const beforeCancun = { parentBeaconBlockRoot: undefined as never };

describe("balances after the block from the tracer's diffs", () => {
  test("the last transaction wins; every account once, in order", () => {
    const first = { pre: {}, post: { [target]: { balance: "0x5" }, [sender]: { balance: "0x9" } } };
    const second = { pre: {}, post: { [sender]: { balance: "0x8" }, [other]: { balance: "0x0" } } };
    expect(observe([first, second])).toEqual([
      [sender, 8n],
      [target, 5n],
      [other, 0n],
    ]);
  });

  test("an account whose balance did not change is not observed", () => {
    expect(observe([{ pre: { [target]: {} }, post: { [target]: {} } }])).toEqual([]);
  });

  test("an account that is gone has nothing, before Cancun", () => {
    const gone = { pre: { [target]: { balance: "0x5" } }, post: {} };
    expect(observe([gone], beforeCancun)).toEqual([[target, 0n]]);
    const back = { pre: {}, post: { [target]: { balance: "0x3" } } };
    expect(observe([gone, back], beforeCancun)).toEqual([[target, 3n]]);
  });

  test("since Cancun an account left out tells nothing, also not what it had before", () => {
    const funded = { pre: {}, post: { [target]: { balance: "0x5" } } };
    const leftOut = { pre: { [target]: { balance: "0x5" } }, post: {} };
    expect(observe([funded, leftOut])).toEqual([]);
  });

  test("what the block does after its last transaction is added", () => {
    const withdrawals = [{ index: "0x0", validatorIndex: "0x0", address: target, amount: hex(2) }];
    const diff = { pre: {}, post: { [target]: { balance: "0x5" }, [miner]: { balance: "0x1" } } };
    expect(observe([diff], { withdrawals })).toEqual([
      [target, 2_000_000_005n],
      [miner, 1n],
    ]);
    const mined = { number: hex(7_280_000), difficulty: "0x1" };
    expect(observe([diff], mined)).toEqual([
      [target, 5n],
      [miner, 2_000_000_000_000_000_001n],
    ]);
    expect(observe([{ pre: {}, post: {} }], mined)).toEqual([]);
  });

  test("fee vaults of the OP stack are paid where the tracer does not look", () => {
    const vault = "0x4200000000000000000000000000000000000019";
    const diff = { pre: {}, post: { [vault]: { balance: "0x5" }, [target]: { balance: "0x6" } } };
    expect(observe([diff], {}, opStackRules)).toEqual([[target, 6n]]);
    expect(observe([diff])).toHaveLength(2);
  });

  test.each(["create", "create_failed", "simple"])("go-ethereum's case %s", (name) => {
    const { result } = readFixture<{ result: RpcStateDiff }>(
      `ethereum__go-ethereum/tracetest/prestate_tracer_with_diff_mode/${name}.json`,
    );
    const changed = Object.entries(result.post).flatMap(([account, { balance }]) =>
      balance === undefined ? [] : [[account, BigInt(balance)] as const],
    );
    expect(changed.length).toBeGreaterThan(1);
    expect(observe([result], beforeCancun)).toEqual([...changed].sort(([a], [b]) => (a < b ? -1 : 1)));
  });
});
