import { describe, expect, test } from "vitest";
import type { Verification } from "../../../../src/core/contracts/plugin.ts";
import { IntegrityViolation } from "../../../../src/core/errors.ts";
import { findNetwork } from "../../../../src/plugins/evm/networks.ts";
import { verifyBlock } from "../../../../src/plugins/evm/verify.ts";
import { buildRawBlock, readFixture } from "../../../support/evm-fixtures.ts";

type Recorded = {
  readonly chainId?: number;
  readonly block: Record<string, unknown>;
  readonly receipts?: readonly unknown[];
  readonly receipt?: unknown;
  readonly callTraces?: unknown;
  readonly uncles?: unknown;
};

const RECEIPT_CHECKS = [
  "receiptIndex",
  "logsBloom",
  "receiptsRoot",
  "status",
  "gasUsed",
  "effectiveGasPrice",
  "contractAddress",
];
const ALWAYS = [
  "identity",
  "headerHash",
  "transactionIndex",
  "transactionHash",
  "senders",
  "transactionsRoot",
  "uncles",
];
const BOR = ["transactionHash", "senders", "logsBloom", "receiptsRoot"];

/** Every recorded block whose hash and roots are known to recompute, and the checks that it must be skipped in. */
const RECORDED: readonly (readonly [path: string, skipped: readonly string[], chainId?: number])[] = [
  ["Inphi__optimism-rosetta/optimism_1.json", ["l1Fee"], 10],
  // The one before Bedrock whose transaction came from the layer below, unsigned.
  ["Inphi__optimism-rosetta/optimism_22698.json", ["senders", "l1Fee"], 10],
  ["Inphi__optimism-rosetta/optimism_985465.json", ["l1Fee"], 10],
  ...["base/base_100", "base/base_77976", "base/base_81636", "base-goerli/base-goerli_100"].map(opStack),
  ...["base-goerli/base-goerli_7542", "base-goerli/base-goerli_1041847"].map(opStack),
  ...["base-goerli/base-goerli_10000000", "optimism/optimism_10000"].map(opStack),
  ...["optimism/optimism_105237730", "optimism/optimism_109860869"].map(opStack),
  ...["0", "1000", "468179", "2000000", "4000000", "4370006", "11098450", "14000000", "15753009", "17000000"].map(
    ethereum,
  ),
  ...["17034873", "17053184"].map(ethereum),
  ["coinbase__chainstorage/ethereum-holesky/ethereum-holesky_70951.json", ["blobGas"]],
  ["coinbase__chainstorage/polygon/polygon_0.json", []],
  ["coinbase__chainstorage/polygon/polygon_1000000.json", []],
  ["coinbase__chainstorage/polygon/polygon_10000000.json", BOR],
  ["coinbase__chainstorage/polygon/polygon_20000000.json", BOR],
  ["coinbase__mesh-ethereum/ethereum_0.json", []],
  ["coinbase__mesh-ethereum/ropsten_10991.json", []],
  ["coinbase__mesh-ethereum/ropsten_10992.json", []],
  ...["10994", "239782", "363366", "363415", "468179"].map(
    (height) => [`coinbase__mesh-ethereum/ropsten_${height}.json`, ["status"]] as const,
  ),
  ["erigontech__rpc-tests/arb-sepolia_185232421.json", []],
  ["erigontech__rpc-tests/arb-sepolia_185232422.json", RECEIPT_CHECKS],
  ...["16000000", "16000001", "16000003", "16000004", "16000005", "17000001"].map(
    (height) => [`erigontech__rpc-tests/ethereum_${height}.json`, RECEIPT_CHECKS] as const,
  ),
  ["erigontech__rpc-tests/ethereum_17000000.json", []],
  ["erigontech__rpc-tests/gnosis_29000000.json", RECEIPT_CHECKS],
  ["ethereum-optimism__optimism/block_pre-shanghai-success.json", RECEIPT_CHECKS, 1],
  ["ethereumjs__ethereumjs-monorepo/ethereum_24476000.json", RECEIPT_CHECKS],
  ["ethereumjs__ethereumjs-monorepo/ethereum_24476001.json", RECEIPT_CHECKS],
  ["ethereumjs__ethereumjs-monorepo/ethereum_24476005.json", RECEIPT_CHECKS],
  ["subsquid__squid-sdk/ethereum_1000000.json", []],
  ["subsquid__squid-sdk/ethereum_18500000.json", []],
  ["subsquid__squid-sdk/hyperliquid_50000.json", ["effectiveGasPrice"]],
];

function opStack(name: string): readonly [string, readonly string[]] {
  return [`coinbase__chainstorage/${name}.json`, ["l1Fee"]];
}

function ethereum(height: string): readonly [string, readonly string[]] {
  return [`coinbase__chainstorage/ethereum/ethereum_${height}.json`, []];
}

function verifyRecorded(path: string, chainId?: number): Verification {
  const recorded = readFixture<Recorded>(path);
  const block = (recorded.block["result"] ?? recorded.block) as Record<string, unknown>;
  const receipts = recorded.receipts ?? (recorded.receipt === undefined ? undefined : [recorded.receipt]);
  const parts = { block, receipts, calls: recorded.callTraces, uncles: recorded.uncles };
  const known = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
  const raw = buildRawBlock({ block, ...known }, "evm/1");
  return verifyBlock(raw, "full", findNetwork(recorded.chainId ?? chainId ?? 0));
}

function names(verification: Verification, result: "passed" | "skipped"): string[] {
  return verification.checks.filter((check) => check.result === result).map(({ check }) => check);
}

function violationOf(path: string, chainId: number): IntegrityViolation {
  try {
    verifyRecorded(path, chainId);
  } catch (error) {
    if (error instanceof IntegrityViolation) return error;
    throw error;
  }
  throw new Error(`${path} was not refused`);
}

describe("a recorded block recomputes", () => {
  for (const [path, skipped, chainId] of RECORDED) {
    test(path, () => {
      const verification = verifyRecorded(path, chainId);
      expect(names(verification, "skipped").sort()).toEqual([...skipped].sort());
      expect(names(verification, "passed")).toEqual(
        expect.arrayContaining([...ALWAYS, ...RECEIPT_CHECKS].filter((check) => !skipped.includes(check))),
      );
      expect(verification.checks.filter(({ result, reason }) => result === "skipped" && !reason)).toEqual([]);
    });
  }

  test("withdrawals are recomputed where the header commits to them", () => {
    expect(names(verifyRecorded("ethereumjs__ethereumjs-monorepo/ethereum_24476000.json"), "passed")).toContain(
      "withdrawalsRoot",
    );
  });
});

describe("a chain with rules of its own", () => {
  test("Cronos: what is hashed otherwise is skipped, the rest is checked", () => {
    const verification = verifyRecorded("subsquid__squid-sdk/cronos_6542.json");
    expect(names(verification, "skipped")).toEqual([
      "headerHash",
      "transactionsRoot",
      "receiptsRoot",
      "effectiveGasPrice",
    ]);
  });

  test("an unknown chain with foreign header fields is skipped, and says which fields", () => {
    const verification = verifyRecorded("subsquid__squid-sdk/tempo-mainnet_20636966.json", 4217);
    expect(names(verification, "skipped")).toEqual(["headerHash"]);
    expect(verification.checks.find(({ check }) => check === "headerHash")?.reason).toContain("consensusContext");
  });
});

describe("a recorded block that was tampered with is refused", () => {
  test.each([
    ["ethereum-optimism__optimism/block_pre-shanghai-bad-receipts-hash.json", 1, "headerHash"],
    ["ethereum-optimism__optimism/block_pre-shanghai-bad-transactions-hash.json", 1, "headerHash"],
    ["ethereum-optimism__optimism/block_pre-shanghai-bad-transactions.json", 1, "transactions[0].blockHash"],
    // Its recorded receipt is of another block.
    ["Inphi__optimism-rosetta/optimism_985.json", 10, "receipts[0].blockHash"],
  ])("%s", (path, chainId, field) => {
    expect(violationOf(path, chainId).details).toMatchObject({ field });
  });
});
