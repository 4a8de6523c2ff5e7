import { describe, expect, test } from "vitest";
import type { Verification } from "../../../../src/core/contracts/plugin.ts";
import type { VerifyRules } from "../../../../src/plugins/evm/checks.ts";
import { findNetwork } from "../../../../src/plugins/evm/networks.ts";
import { verifyBlock } from "../../../../src/plugins/evm/verify.ts";
import { buildRawBlock, listFixtures, readFixture, readFixtureBytes } from "../../../support/evm-fixtures.ts";
import { type DecodedBlock, decodeBlock, decodeReceipts, splitRlp } from "../../../support/evm-rlp.ts";

/** Tests' chains follow Ethereum's rules from their first block. */
const rules: VerifyRules = { headerRules: "ethereum", headerRulesFrom: 0, feeRules: "ethereum", blobFractions: [] };

const BODY_CHECKS = [
  "identity",
  "headerHash",
  "transactionIndex",
  "transactionHash",
  "senders",
  "transactionsRoot",
  "uncles",
];

function verifyDecoded({ block, uncles }: DecodedBlock, receipts?: unknown, by = rules): Verification {
  const parts = { block, uncles, ...(receipts === undefined ? {} : { receipts }) };
  return verifyBlock(buildRawBlock(parts, "evm/1"), "full", by);
}

function passed({ checks }: Verification): string[] {
  return checks.filter(({ result }) => result === "passed").map(({ check }) => check);
}

describe("blocks as peers exchange them recompute", () => {
  test("Ethereum's first thousand, with their uncles", () => {
    const blocks = splitRlp(readFixtureBytes("hyperledger__besu/ethereum_mainnet_0_to_999.blocks")).map(decodeBlock);
    expect(blocks).toHaveLength(1000);
    expect(blocks.flatMap(({ uncles }) => uncles)).toHaveLength(293);
    for (const block of blocks) expect(passed(verifyDecoded(block))).toEqual(BODY_CHECKS);
    // Each stands on the one before, which ties what was recomputed to the chain.
    for (const [i, { block }] of blocks.entries()) {
      if (i > 0) expect(block["parentHash"]).toBe(blocks[i - 1]?.block.hash);
    }
  });

  test("the execution specification's test chain, every fork from Frontier to Osaka", () => {
    const blocks = readTestChain();
    expect(blocks).toHaveLength(54);
    for (const block of blocks) expect(passed(verifyDecoded(block))).toEqual(expect.arrayContaining(BODY_CHECKS));
    const types = blocks.flatMap(({ block }) => block["transactions"] as { type: string }[]).map(({ type }) => type);
    expect([...new Set(types)].sort()).toEqual(["0x0", "0x1", "0x2", "0x3", "0x4"]);
    expect(blocks.at(-1)?.block.hash).toBe("0xd226371d0b1551adb03fb52b71f08e3e11247fe9b1af994768af8cdaa8e7dcd7");
  });

  const cases = [...listFixtures("ethereum__tests"), ...listFixtures("ethereum__legacytests")];
  test.each(cases)("%s", (path) => {
    type Case = { readonly blocks: readonly { readonly rlp: string; readonly expectException?: string }[] };
    for (const { blocks } of Object.values(readFixture<Record<string, Case>>(path))) {
      expect(blocks.length).toBeGreaterThan(0);
      for (const { rlp, expectException } of blocks) {
        if (expectException === undefined) {
          expect(passed(verifyDecoded(decodeBlock(rlp)))).toEqual(expect.arrayContaining(BODY_CHECKS));
        }
      }
    }
  });
});

describe("receipts recompute", () => {
  type Raw = {
    readonly rawBlock: string;
    readonly rawReceipts: readonly string[];
    readonly sendersRecovered: readonly string[];
  };
  test.each(["raw_4662649", "raw_18951424", "raw_20066032"])("as encoded: %s", (name) => {
    const raw = readFixture<Raw>(`erigontech__rpc-tests/${name}.json`);
    const decoded = decodeBlock(raw.rawBlock);
    const verification = verifyDecoded(decoded, decodeReceipts(decoded.block, raw.rawReceipts), findNetwork(1));
    expect(passed(verification)).toEqual(
      expect.arrayContaining([...BODY_CHECKS, "receiptsRoot", "logsBloom", "receiptIndex", "gasUsed", "status"]),
    );
  });

  test("as the specification's node tells them", () => {
    const receipts = readReceipts();
    const verified = readTestChain().filter(({ block }) => receipts.has(block.hash));
    expect(verified.map(({ block }) => block.number)).toEqual(["0x1", "0x36"]);
    for (const block of verified) {
      const verification = verifyDecoded(block, receipts.get(block.block.hash));
      expect(verification.checks.filter(({ result }) => result === "skipped")).toEqual([]);
    }
  });
});

function readTestChain(): DecodedBlock[] {
  return splitRlp(readFixtureBytes("ethereum__execution-apis/tests/chain.rlp")).map(decodeBlock);
}

/** All answers of eth_getBlockReceipts in the recorded conversations, by the block's hash. */
function readReceipts(): Map<string, unknown> {
  const answers = new Map<string, unknown>();
  for (const path of listFixtures("ethereum__execution-apis/tests/eth_getBlockReceipts")) {
    const lines = readFixtureBytes(path).toString("utf8").split("\n");
    for (const line of lines.filter((text) => text.startsWith("<< "))) {
      const { result } = JSON.parse(line.slice(3)) as { result?: readonly { blockHash: string }[] | null };
      if (result?.[0]) answers.set(result[0].blockHash, result);
    }
  }
  return answers;
}
