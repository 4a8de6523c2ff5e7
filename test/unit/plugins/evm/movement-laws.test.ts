import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LedgerBlock, LedgerTransaction } from "../../../../src/core/model.ts";
import { buildInternalMovements } from "../../../../src/plugins/evm/calls.ts";
import { decodeBlock } from "../../../../src/plugins/evm/decode.ts";
import type { RpcCallFrame } from "../../../../src/plugins/evm/raw.ts";
import { type FlattenedTrace, treeOfFlattened } from "../../../support/call-frames.ts";
import { buildRawBlock, flattenReceipt, readFixture } from "../../../support/evm-fixtures.ts";
import { mainnetRules, opStackRules } from "../../../support/evm-rules.ts";
import { sorted, sumMovements } from "../../../support/ledger-sums.ts";

const COIN = "slip44:60";
const ONE_SIDED = ["mint", "burn", "deposit", "reward", "fee", "selfdestruct"];

type Recorded = {
  readonly block: { readonly transactions: readonly unknown[] };
  readonly receipts: readonly object[];
  readonly uncles?: readonly unknown[];
  readonly callTraces?: readonly unknown[];
  readonly flattenedTraces?: readonly {
    readonly transactionHash: string;
    readonly flattened: readonly FlattenedTrace[];
  }[];
};

function decodeTraced(path: string): LedgerBlock {
  const { block, receipts, uncles = [], callTraces, flattenedTraces = [] } = readFixture<Recorded>(path);
  const calls =
    callTraces?.map((result) => ({ result })) ??
    flattenedTraces.map(({ transactionHash, flattened }) => ({
      txHash: transactionHash,
      result: treeOfFlattened(flattened),
    }));
  const diffs = block.transactions.map(() => ({ result: { pre: {}, post: {} } }));
  const parts = { block, receipts: receipts.map(flattenReceipt), uncles, calls, diffs };
  return decodeBlock(buildRawBlock(parts, "evm/1+traces"), path.includes("/base") ? opStackRules : mainnetRules);
}

function sumOf(
  transaction: LedgerTransaction,
  keep: (movement: LedgerTransaction["movements"][number]) => boolean,
): bigint {
  return transaction.movements.filter(keep).reduce((sum, { delta }) => sum + delta, 0n);
}

describe("recorded blocks with traces", () => {
  test.each([
    ["ethereum/ethereum_4370006", 65],
    ["ethereum/ethereum_11098450", 186],
    ["ethereum/ethereum_17000000", 102],
    ["ethereum/ethereum_17053184", 126],
    ["base-goerli/base-goerli_1041847", 50],
  ] as const)("%s: transfers sum to zero, and credits never exceed the fee", (name, entries) => {
    const { transactions } = decodeTraced(`coinbase__chainstorage/${name}.json`);
    expect(transactions).toHaveLength(entries);
    for (const [index, transaction] of transactions.entries()) {
      expect(transaction.index).toBe(index);
      for (const asset of new Set(transaction.movements.map((movement) => movement.asset))) {
        const twoSided = sumOf(
          transaction,
          (movement) => movement.asset === asset && !ONE_SIDED.includes(movement.kind),
        );
        expect(transaction.fee === null && transaction.id.startsWith("block:") ? 0n : twoSided).toBe(0n);
      }
      const paid = -sumOf(transaction, ({ kind }) => kind === "fee");
      const credited = sumOf(transaction, ({ kind }) => kind === "reward");
      expect(paid).toBe(transaction.fee?.amount ?? 0n);
      if (transaction.fee) expect(credited <= paid).toBe(true);
      expect(sumOf(transaction, ({ kind }) => kind === "selfdestruct") <= 0n).toBe(true);
      if (transaction.status === "failed") {
        expect(transaction.movements.every(({ kind }) => ["fee", "reward", "deposit"].includes(kind))).toBe(true);
      }
    }
  });
});

const accounts = ["a", "b", "c", "d", "e"].map((digit) => `0x${digit.repeat(40)}`);
const account = fc.constantFrom(...accounts);
const value = fc.constantFrom("0x0", "0x1", "0x2", "0x5");
const { frame } = fc.letrec<{ frame: RpcCallFrame }>((tie) => ({
  frame: fc.record(
    {
      type: fc.constantFrom("CALL", "CALL", "CALL", "DELEGATECALL", "STATICCALL", "CALLCODE", "CREATE", "SELFDESTRUCT"),
      from: account,
      to: account,
      value,
      error: fc.constantFrom("execution reverted", "out of gas"),
      calls: fc.array(tie("frame"), { maxLength: 4 }),
    },
    { requiredKeys: ["type", "from", "to", "value"] },
  ),
}));

/** What the frames do to balances, executed one after the other: debts allowed, ended accounts emptied at the end. */
function execute(top: RpcCallFrame, createdOnly: boolean): Map<string, bigint> {
  const changes = new Map<string, bigint>();
  const sinceEnd = new Map<string, bigint>();
  const created = new Set<string>();
  const add = (who: string, amount: bigint) => {
    changes.set(who, (changes.get(who) ?? 0n) + amount);
    const since = sinceEnd.get(who);
    if (since !== undefined) sinceEnd.set(who, since + amount);
  };
  const run = ({ type, from, to = "", value: sent = "0x0", error, calls = [] }: RpcCallFrame, isTop: boolean) => {
    if (error !== undefined) return;
    const amount = BigInt(sent);
    const creates = type === "CREATE";
    if (creates) created.add(to);
    const ends = type === "SELFDESTRUCT" && !isTop && (!createdOnly || created.has(from));
    const moves = isTop || creates || type === "CALL" || type === "SELFDESTRUCT";
    if (ends && from === to) add(from, -amount);
    else if (moves && !(type === "SELFDESTRUCT" && from === to)) {
      add(from, -amount);
      add(to, amount);
    }
    if (ends) sinceEnd.set(from, 0n);
    for (const call of calls) run(call, false);
  };
  run(top, true);
  for (const [who, rest] of sinceEnd) if (rest > 0n) changes.set(who, (changes.get(who) ?? 0n) - rest);
  // The transaction's own value is not an internal transfer.
  if (top.error === undefined) {
    changes.set(top.from, (changes.get(top.from) ?? 0n) + BigInt(top.value ?? 0));
    changes.set(top.to ?? "", (changes.get(top.to ?? "") ?? 0n) - BigInt(top.value ?? 0));
  }
  for (const [who, change] of changes) if (change === 0n) changes.delete(who);
  return changes;
}

describe("any tree of calls", () => {
  test.each([false, true])("changes balances as executing it does (EIP-6780: %s)", (destroysCreatedOnly) => {
    fc.assert(
      fc.property(frame, (drawn) => {
        const top = { ...drawn, type: drawn.type === "CREATE" ? "CREATE" : "CALL" };
        const movements = buildInternalMovements(top, { native: COIN, destroysCreatedOnly, where: "drawn" });
        expect(sorted(sumMovements(movements, COIN))).toEqual(sorted(execute(top, destroysCreatedOnly)));
        const kept = movements.filter(({ kind }) => kind !== "selfdestruct");
        expect(kept.reduce((sum, { delta }) => sum + delta, 0n)).toBe(0n);
      }),
      { numRuns: 2000 },
    );
  });
});
