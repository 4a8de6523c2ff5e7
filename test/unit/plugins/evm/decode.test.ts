import { dataSlice, encodeRlp, keccak256 } from "ethers";
import { describe, expect, test } from "vitest";
import type { LedgerTransaction } from "../../../../src/core/model.ts";
import { decodeBlock } from "../../../../src/plugins/evm/decode.ts";
import type { LedgerRules } from "../../../../src/plugins/evm/ledger-rules.ts";
import type { RpcBlock, RpcReceipt, RpcTransaction } from "../../../../src/plugins/evm/raw.ts";
import {
  ACCOUNTS,
  BLOCK_HASH,
  buildHeader,
  buildParts,
  buildReceipt,
  hex,
  TRANSACTION_HASH,
} from "../../../support/evm-block.ts";
import { type BlockParts, buildRawBlock } from "../../../support/evm-fixtures.ts";
import { mainnetRules, opStackRules, unknownRules } from "../../../support/evm-rules.ts";

const { sender, target, miner, other } = ACCOUNTS;
const COIN = "slip44:60";
const TRACED = "evm/1+traces";
type Fields = { block?: Partial<RpcBlock>; transaction?: Partial<RpcTransaction>; receipt?: Partial<RpcReceipt> };

function decodeOne(fields: Fields, rules: LedgerRules = mainnetRules): LedgerTransaction {
  const { transactions } = decodeBlock(buildRawBlock(buildParts(fields), "evm/1"), rules);
  return transactions[0] as LedgerTransaction;
}

function decodeParts(parts: BlockParts, profile: string, rules = mainnetRules) {
  return () => decodeBlock(buildRawBlock(parts, profile), rules);
}

function brief({ movements }: LedgerTransaction) {
  return movements.map(({ account, delta, kind }) => [kind, account, delta]);
}

describe("a block", () => {
  test("keeps its place in the chain and its transactions in order", () => {
    const { ref, transactions, observations } = decodeBlock(buildRawBlock(buildParts(), "evm/1"), mainnetRules);
    expect(ref).toEqual({
      height: 20_000_000,
      hash: BLOCK_HASH,
      parentHash: `0x${"0".repeat(64)}`,
      parentHeight: 19_999_999,
      time: 0x65000000 * 1000,
    });
    expect(transactions).toEqual([
      {
        id: TRANSACTION_HASH,
        index: 0,
        status: "success",
        fee: { payer: sender, asset: COIN, amount: 210_000n },
        movements: [
          { account: sender, asset: COIN, delta: -210_000n, kind: "fee" },
          { account: miner, asset: COIN, delta: 63_000n, kind: "reward" },
          { account: sender, asset: COIN, delta: -1000n, kind: "transfer" },
          { account: target, asset: COIN, delta: 1000n, kind: "transfer" },
        ],
      },
    ]);
    expect(observations).toEqual([]);
  });

  test("with withdrawals has an entry of its own, in wei, after the last transaction", () => {
    const withdrawal = { index: "0x1", validatorIndex: "0x2", address: other, amount: hex(3) };
    const nothing = { ...withdrawal, amount: "0x0" };
    const parts = buildParts({ block: { withdrawals: [withdrawal, nothing] } });
    const { transactions } = decodeBlock(buildRawBlock(parts, "evm/1"), mainnetRules);
    expect(transactions).toHaveLength(2);
    expect(transactions[1]).toEqual({
      id: `block:${BLOCK_HASH}`,
      index: 1,
      status: "success",
      fee: null,
      movements: [{ account: other, asset: COIN, delta: 3_000_000_000n, kind: "withdrawal" }],
    });
    // Gnosis pays them in a token.
    expect(decodeBlock(buildRawBlock(parts, "evm/1"), unknownRules).transactions).toHaveLength(1);
  });
});

describe("a transaction", () => {
  test("that failed has its fee only", () => {
    const failed = decodeOne({ receipt: { status: "0x0" } });
    expect(failed.status).toBe("failed");
    expect(brief(failed)).toEqual([
      ["fee", sender, -210_000n],
      ["reward", miner, 63_000n],
    ]);
  });

  test("that creates a contract endows the computed address, whatever the receipt says", () => {
    const created = decodeOne({ transaction: { to: null }, receipt: { contractAddress: other } });
    const address = dataSlice(keccak256(encodeRlp([sender, "0x05"])), 12);
    expect(brief(created).slice(2)).toEqual([
      ["create", sender, -1000n],
      ["create", address, 1000n],
    ]);
  });

  test("to oneself shows both sides", () => {
    expect(brief(decodeOne({ transaction: { to: sender } })).slice(2)).toEqual([
      ["transfer", sender, -1000n],
      ["transfer", sender, 1000n],
    ]);
  });

  test("without value moves the fee only, and one at the base fee rewards nobody", () => {
    const plain = decodeOne({ transaction: { value: "0x0" }, receipt: { effectiveGasPrice: hex(7) } });
    expect(brief(plain)).toEqual([["fee", sender, -147_000n]]);
  });

  test("of before London pays its own price, all of it to the miner", () => {
    const { effectiveGasPrice: _, ...receipt } = buildReceipt();
    const { baseFeePerGas: __, ...block } = buildHeader();
    const parts = { block: { ...block, transactions: buildParts().block.transactions }, receipts: [receipt] };
    const [old] = decodeParts(parts, "evm/1")().transactions;
    expect(brief(old as LedgerTransaction).slice(0, 2)).toEqual([
      ["fee", sender, -210_000n],
      ["reward", miner, 210_000n],
    ]);
  });

  test("with blobs pays for them, and that is burnt", () => {
    const blobs = decodeOne({ receipt: { blobGasUsed: hex(131_072), blobGasPrice: hex(2) } });
    expect(blobs.fee?.amount).toBe(210_000n + 262_144n);
    expect(brief(blobs)[1]).toEqual(["reward", miner, 63_000n]);
  });

  test.each<[string, Fields]>([
    ["blob price", { receipt: { blobGasUsed: hex(131_072) } }],
    ["gas price", { receipt: { effectiveGasPrice: null as never }, transaction: { gasPrice: null as never } }],
  ])("whose fee cannot be computed for want of a %s is refused", (_, fields) => {
    expect(() => decodeOne(fields)).toThrowError(expect.objectContaining({ code: "node-bad-response" }));
  });

  test("on a chain whose fee rules are not known credits nobody", () => {
    expect(brief(decodeOne({}, unknownRules))[1]).toEqual(["transfer", sender, -1000n]);
  });
});

describe("the status of a transaction from before Byzantium", () => {
  const root = `0x${"9".repeat(64)}`;
  const old = { root, status: undefined as never };
  const call = { input: "0x01", gas: hex(50_000) };

  test.each<[LedgerTransaction["status"], string, Fields]>([
    ["success", "gas is left", { transaction: call, receipt: { ...old, gasUsed: hex(49_999) } }],
    ["failed", "no gas is left", { transaction: call, receipt: { ...old, gasUsed: hex(50_000) } }],
    ["success", "a plain payment leaves none", { receipt: old }],
    ["success", "a node wrote a failure beside the root", { transaction: call, receipt: { root, status: "0x0" } }],
    ["failed", "the root is empty and means nothing", { receipt: { root: `0x${"0".repeat(64)}`, status: "0x0" } }],
    [
      "success",
      "there are logs",
      {
        transaction: call,
        receipt: { ...old, gasUsed: hex(50_000), logs: [{ address: other, topics: [], data: "0x", logIndex: "0x0" }] },
      },
    ],
  ])("is %s when %s", (status, _, fields) => {
    expect(decodeOne(fields).status).toBe(status);
  });

  test("is what the trace tells", () => {
    const parts = buildParts({ transaction: call, receipt: { ...old, gasUsed: hex(50_000) } });
    const diffs = [{ result: { pre: {}, post: {} } }];
    const frame = { type: "CALL", from: sender, to: target, value: hex(1000) };
    const statusOf = (result: object) =>
      decodeParts({ ...parts, calls: [{ result }], diffs }, TRACED)().transactions[0]?.status;
    expect(statusOf(frame)).toBe("success");
    expect(statusOf({ ...frame, error: "out of gas" })).toBe("failed");
  });
});

describe("OP stack", () => {
  const deposit = { type: "0x7e", mint: hex(5000), gasPrice: undefined as never };

  test("a deposit is minted to the sender, who pays no fee", () => {
    const minted = decodeOne({ transaction: deposit }, opStackRules);
    expect(minted.fee).toBeNull();
    expect(brief(minted)).toEqual([
      ["deposit", sender, 5000n],
      ["transfer", sender, -1000n],
      ["transfer", target, 1000n],
    ]);
  });

  test("a deposit that failed stays minted", () => {
    const failed = decodeOne({ transaction: deposit, receipt: { status: "0x0" } }, opStackRules);
    expect(brief(failed)).toEqual([["deposit", sender, 5000n]]);
  });

  test.each([
    ["Isthmus", "0x", (21_000n * 50_000n) / 1_000_000n + 3n],
    ["Jovian", `0x01${"0".repeat(32)}`, 21_000n * 50_000n * 100n + 3n],
  ])("the operator fee by the rules of %s", (_, extraData, operatorFee) => {
    const receipt = { l1Fee: hex(900), operatorFeeScalar: hex(50_000), operatorFeeConstant: hex(3) };
    const paid = decodeOne({ block: { extraData }, receipt }, opStackRules);
    expect(paid.fee?.amount).toBe(210_000n + 900n + operatorFee);
    expect(brief(paid).slice(0, 5)).toEqual([
      ["fee", sender, -(210_900n + operatorFee)],
      ["reward", miner, 63_000n],
      ["reward", "0x4200000000000000000000000000000000000019", 147_000n],
      ["reward", "0x420000000000000000000000000000000000001a", 900n],
      ["reward", "0x420000000000000000000000000000000000001b", operatorFee],
    ]);
  });

  test("what the header counts as blob gas is no fee there", () => {
    const receipt = { l1Fee: "0x0", blobGasUsed: hex(40_000), blobGasPrice: hex(1) };
    expect(decodeOne({ receipt }, opStackRules).fee?.amount).toBe(210_000n);
  });

  test.each([undefined, "lots", 5])("a layer-1 fee of %s is refused", (l1Fee) => {
    expect(() => decodeOne({ receipt: { l1Fee } }, opStackRules)).toThrowError(
      expect.objectContaining({ code: "node-bad-response" }),
    );
  });
});

describe("Arbitrum", () => {
  const arbitrum: LedgerRules = { ...unknownRules, fees: "arbitrum" };

  test("a deposit is minted and passed on without a fee", () => {
    const deposited = decodeOne({ transaction: { type: "0x64" } }, arbitrum);
    expect(deposited.fee).toBeNull();
    expect(brief(deposited)).toEqual([
      ["deposit", sender, 1000n],
      ["transfer", sender, -1000n],
      ["transfer", target, 1000n],
    ]);
  });

  test("a transaction pays what its receipt says, and nobody is credited", () => {
    expect(brief(decodeOne({}, arbitrum))[0]).toEqual(["fee", sender, -210_000n]);
    expect(brief(decodeOne({}, arbitrum))[1]).toEqual(["transfer", sender, -1000n]);
  });
});

describe("parts that do not belong together", () => {
  const parts = buildParts();
  const calls = [{ txHash: TRANSACTION_HASH, result: { type: "CALL", from: sender, to: target, value: hex(1000) } }];
  const diffs = [{ txHash: TRANSACTION_HASH, result: { pre: {}, post: {} } }];
  const stranger = `0x${"7".repeat(64)}`;

  test("all there: decoded", () => {
    expect(decodeParts({ ...parts, calls, diffs }, TRACED)().transactions).toHaveLength(1);
  });

  test.each<[string, BlockParts]>([
    ["a receipt too many", { ...parts, receipts: [...(parts.receipts ?? []), ...(parts.receipts ?? [])] }],
    ["another transaction's receipt", { ...parts, receipts: [{ ...parts.receipts?.[0], transactionHash: stranger }] }],
    ["a trace too few", { ...parts, calls: [], diffs }],
    ["another transaction's trace", { ...parts, calls: [{ ...calls[0], txHash: stranger }], diffs }],
    ["another transaction's diff", { ...parts, calls, diffs: [{ ...diffs[0], txHash: stranger }] }],
    [
      "a trace that failed where the receipt did not",
      { ...parts, calls: [{ result: { ...calls[0]?.result, error: "reverted" } }], diffs },
    ],
  ])("%s is a violation", (_, tampered) => {
    expect(decodeParts(tampered, TRACED)).toThrowError(expect.objectContaining({ code: "integrity-violation" }));
  });

  test.each<[string, BlockParts, string]>([
    ["receipts", { block: parts.block }, "evm/1"],
    ["calls", { ...parts, diffs }, TRACED],
    ["diffs", { ...parts, calls }, TRACED],
    ["a call's result", { ...parts, calls: [{ error: "timeout" }], diffs }, TRACED],
    ["a diff's result", { ...parts, calls, diffs: [{ error: "timeout" }] }, TRACED],
  ])("missing %s are refused", (_, incomplete, profile) => {
    expect(decodeParts(incomplete, profile)).toThrowError(expect.objectContaining({ code: "node-bad-response" }));
  });

  test("a block without transactions needs no other part", () => {
    expect(decodeParts({ block: buildHeader() }, TRACED)().transactions).toEqual([]);
  });

  test("traces that the profile does not see change nothing", () => {
    const inner = { type: "CALL", from: target, to: other, value: hex(1) };
    const traced = { ...parts, calls: [{ result: { ...calls[0]?.result, calls: [inner] } }], diffs };
    expect(decodeParts(traced, "evm/1")()).toEqual(decodeParts(parts, "evm/1")());
    expect(decodeParts(traced, TRACED)().transactions[0]?.movements).toHaveLength(6);
  });
});
