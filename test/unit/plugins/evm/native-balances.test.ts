import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../../../src/plugins/evm/decode.ts";
import type { LedgerRules } from "../../../../src/plugins/evm/ledger-rules.ts";
import { type FlattenedTrace, treeOfFlattened } from "../../../support/call-frames.ts";
import { buildRawBlock, flattenReceipt, readFixture } from "../../../support/evm-fixtures.ts";
import { mainnetRules, opStackRules, ropstenRules } from "../../../support/evm-rules.ts";
import { sorted, sumBlock } from "../../../support/ledger-sums.ts";

type Operation = {
  readonly type: string;
  readonly status: string;
  readonly account: { readonly address: string };
  readonly amount?: { readonly value?: string; readonly currency?: { readonly symbol?: string } };
};
type RosettaBlock = {
  readonly block: { readonly transactions: readonly { readonly operations?: readonly Operation[] }[] };
};
type RecordedBlock = {
  readonly block: { readonly transactions: readonly { readonly hash: string }[] };
  readonly receipts: readonly object[];
  readonly uncles?: readonly unknown[];
  readonly callTraces?: readonly ({ readonly result: unknown } | { readonly type: string })[];
  readonly flattenedTraces?: readonly {
    readonly transactionHash: string;
    readonly flattened: readonly FlattenedTrace[];
  }[];
  readonly expectedRosetta?: RosettaBlock;
};

const TRACED = "evm/1+traces";

function decodeRecorded(recorded: RecordedBlock, rules: LedgerRules) {
  const { block, uncles } = recorded;
  const receipts = recorded.receipts.map(flattenReceipt);
  const calls =
    recorded.callTraces?.map((traced) => ("result" in traced ? traced : { result: traced })) ??
    recorded.flattenedTraces?.map(({ transactionHash, flattened }) => ({
      txHash: transactionHash,
      result: treeOfFlattened(flattened),
    }));
  const diffs = block.transactions.map(() => ({ result: { pre: {}, post: {} } }));
  return decodeBlock(buildRawBlock({ block, receipts, uncles: uncles ?? [], calls, diffs }, TRACED), rules);
}

/** The net changes of the native coin that Rosetta's operations add up to. Failed operations changed nothing. */
function sumOperations({ block }: RosettaBlock): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { operations = [] } of block.transactions) {
    for (const { type, status, account, amount } of operations) {
      if (type === "ERC20_TRANSFER" || status !== "SUCCESS") continue;
      const address = account.address.toLowerCase();
      sums.set(address, (sums.get(address) ?? 0n) + BigInt(amount?.value ?? 0));
    }
  }
  for (const [address, sum] of sums) if (sum === 0n) sums.delete(address);
  return sums;
}

describe("net changes of the native coin equal Rosetta's operations", () => {
  test.each([10991, 10992, 10994, 239782, 363366, 363415, 468179])("Ropsten %i", (height) => {
    const recorded = readFixture<RecordedBlock>(`coinbase__mesh-ethereum/ropsten_${height}.json`);
    const block = decodeRecorded(recorded, ropstenRules);
    expect(sorted(sumBlock(block, "slip44:1"))).toEqual(
      sorted(sumOperations(recorded.expectedRosetta as RosettaBlock)),
    );
  });

  test.each([
    ["ethereum", "ethereum_468179", "rosetta_block_468179", mainnetRules],
    ["base", "base_81636", "rosetta_block_81636", opStackRules],
    ["base-goerli", "base-goerli_7542", "rosetta_block_7542", opStackRules],
  ] as const)("%s %s", (folder, name, rosetta, rules) => {
    const recorded = readFixture<RecordedBlock>(`coinbase__chainstorage/${folder}/${name}.json`);
    const expected = readFixture<RosettaBlock>(`coinbase__chainstorage/${folder}/${rosetta}.json`);
    expect(sorted(sumBlock(decodeRecorded(recorded, rules), "slip44:60"))).toEqual(sorted(sumOperations(expected)));
  });

  // 985 is left out: the receipt recorded with it is of another block.
  test.each([1, 22698, 985465])("Optimism before Bedrock, %i", (height) => {
    const { block, trace, receipt, expectedRosetta } = readFixture<{
      block: RecordedBlock["block"];
      trace: { type: string };
      receipt: object;
      expectedRosetta: RosettaBlock;
    }>(`Inphi__optimism-rosetta/optimism_${height}.json`);
    const recorded = { block, receipts: [receipt], callTraces: [trace] };
    const expected = sumOperations(expectedRosetta);
    // Rosetta credits what the bridge burns to the zero account, which does not get it.
    expected.delete("0x0000000000000000000000000000000000000000");
    expect(sorted(sumBlock(decodeRecorded(recorded, opStackRules), "slip44:60"))).toEqual(sorted(expected));
  });

  test("Optimism Goerli 5003318, the fee with all its vaults", () => {
    const recorded = readFixture<Record<string, unknown>>(
      "Inphi__optimism-rosetta/optimism-goerli_bedrock_5003318.json",
    );
    const part = <T>(name: string) => recorded[`goerli_bedrock_${name}`] as T;
    const block = decodeRecorded(
      {
        block: part("block_5003318"),
        receipts: [part("tx_receipt_5003318_1"), part("tx_receipt_5003318_2")],
        callTraces: part("block_trace_5003318"),
      },
      opStackRules,
    );
    expect(sorted(sumBlock(block, "slip44:60"))).toEqual(sorted(sumOperations(part("block_response_5003318"))));
  });
});

type BalancesAfter = { readonly balancesAfter: Readonly<Record<string, string>> };

describe("net changes of the native coin against Erigon's balances after the block", () => {
  test("17000000: exactly the accounts whose sum is not zero changed", () => {
    const recorded = readFixture<RecordedBlock>("coinbase__chainstorage/ethereum/ethereum_17000000.json");
    const { balancesAfter } = readFixture<BalancesAfter>("erigontech__rpc-tests/balance_changes_0x96cfa0fb.json");
    const sums = sumBlock(decodeRecorded(recorded, mainnetRules), "slip44:60");
    expect(sums.size).toBe(159);
    expect([...sums.keys()].sort()).toEqual(Object.keys(balancesAfter).sort());
    // What was there before the block cannot have been less than nothing.
    const overdrawn = [...sums].filter(([account, sum]) => BigInt(balancesAfter[account] ?? 0) - sum < 0n);
    expect(overdrawn).toEqual([]);
  });

  test("16000000, of which there are no receipts: whoever sent a transaction changed", () => {
    const { block } = readFixture<{ block: { transactions: { from: string }[] } }>(
      "erigontech__rpc-tests/ethereum_16000000.json",
    );
    const { balancesAfter } = readFixture<BalancesAfter>("erigontech__rpc-tests/balance_changes_0x3dc4ef56.json");
    expect(Object.keys(balancesAfter)).toHaveLength(249);
    const senders = new Set(block.transactions.map(({ from }) => from));
    expect([...senders].filter((sender) => balancesAfter[sender] === undefined)).toEqual([]);
  });
});
