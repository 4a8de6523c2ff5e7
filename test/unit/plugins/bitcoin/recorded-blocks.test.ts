import { describe, expect, test } from "vitest";
import { hashText } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { decodeBlock } from "../../../../src/plugins/bitcoin/decode/decode-block.ts";
import type { BitcoinBlock } from "../../../../src/plugins/bitcoin/read-block.ts";
import { accountOfScript } from "../../../../src/plugins/bitcoin/scripts/account.ts";
import { resolveSpent } from "../../../../src/plugins/bitcoin/spent-outputs.ts";
import { measureBlock } from "../../../../src/plugins/bitcoin/verify/size.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import {
  findRecorded,
  type GetBlock,
  networkNamed,
  RECORDED_BLOCKS,
  type RecordedBlock,
  readBitcoinFixture,
  readBytes,
  serializeGetBlock,
} from "../../../support/bitcoin-fixtures.ts";

function idsOf({ ids, transactions }: BitcoinBlock): string[] {
  return Array.from({ length: transactions.count }, (_, i) => hashText(ids, i * 32));
}

/** The blocks that were recorded with all previous outputs. */
const SPENDING = /_(300025|928848|928849)\.json$/;

test("there are recorded blocks of all the networks that have any", () => {
  expect(RECORDED_BLOCKS.length).toBeGreaterThanOrEqual(41);
});

describe.each(RECORDED_BLOCKS)("%s", (path) => {
  const recorded = readBitcoinFixture<RecordedBlock>(path);
  const network = networkNamed(`${recorded.chain} ${recorded.network}`);
  const block = readBytes(Buffer.from(recorded.hex, "hex"), recorded.height, network);

  test("has the recorded ids and passes every check that its bytes allow", () => {
    expect(block.ref).toEqual({
      height: recorded.height,
      hash: recorded.hash,
      parentHash: recorded.computed["previousHash"],
      parentHeight: recorded.height - 1,
      time: (recorded.computed["time"] as number) * 1000,
    });
    expect(idsOf(block)).toEqual(recorded.txids);
    const { ref, checks } = verifyBlock(block, network, "full");
    expect(ref).toEqual(block.ref);
    const passed = checks.filter(({ result }) => result === "passed").map(({ check }) => check);
    expect(passed).toEqual(
      expect.arrayContaining(["identity", "proofOfWork", "merkleRoot", "coinbase", "size", "amounts", "inputs"]),
    );
    const segwit = network.segwitFrom !== undefined && recorded.height >= network.segwitFrom;
    expect(passed.includes("witnessCommitment")).toBe(segwit);
    expect(passed.includes("coinbaseHeight")).toBe(recorded.height >= network.coinbaseHeightFrom);
    expect(passed.includes("auxPow")).toBe(block.auxPow !== undefined);
  });
});

describe.each(RECORDED_BLOCKS.filter((path) => SPENDING.test(path)))("%s with what it spends", (path) => {
  const recorded = readBitcoinFixture<RecordedBlock>(path);
  const network = networkNamed(`${recorded.chain} ${recorded.network}`);
  const block = readBytes(Buffer.from(recorded.hex, "hex"), recorded.height, network);

  test("pays the recorded fees and moves each script's net change", () => {
    const spent = resolveSpent(block, network, findRecorded(recorded, network));
    const { checks } = verifyBlock(block, network, "full", { outputs: spent, source: "ledger" });
    expect(checks.find(({ check }) => check === "subsidy")).toEqual({ check: "subsidy", result: "passed" });
    const ledger = decodeBlock(block, spent, network);
    expect(ledger.transactions.slice(1).map(({ fee }) => `${fee?.amount}`)).toEqual(recorded.computed["txFees"]);

    const expected = new Map<string, bigint>();
    const add = (script: Buffer, amount: bigint) => {
      const account = accountOfScript(script, 0, script.length, network);
      if (account !== null) expected.set(account, (expected.get(account) ?? 0n) + amount);
    };
    for (const { value, script } of (recorded.prevouts ?? []).flat()) add(Buffer.from(script, "hex"), -BigInt(value));
    const { transactions: table, bytes } = block;
    table.amount.forEach((at, i) => {
      add(bytes.subarray(table.scriptStart[i], table.scriptEnd[i]), bytes.readBigUInt64LE(at));
    });
    expect(sumByAccount(ledger.transactions.flatMap(({ movements }) => movements))).toEqual(expected);
  });
});

function sumByAccount(movements: readonly { readonly account: string; readonly delta: bigint }[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, delta } of movements) sums.set(account, (sums.get(account) ?? 0n) + delta);
  return sums;
}

const ETL = "blockchain-etl__bitcoin-etl/bitcoin";
const TOLD: readonly (readonly [string, (file: unknown) => GetBlock])[] = [
  ["coinbase__chainstorage/bitcoin/mainnet_91880_getblock2.json", (file) => (file as { getblock: GetBlock }).getblock],
  ["coinbase__chainstorage/bitcoin/mainnet_200000_getblock2.json", (file) => (file as { getblock: GetBlock }).getblock],
  ...(
    [
      ["block_0", "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"],
      ["block_1", "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"],
      ["block_without_transactions", "000000001aeae195809d120b5d66a39c83eb48792e068f8ea1fea19d84a4278a"],
      ["block_with_transactions", "000000001c920d495e1eeef2452b6d1c6c229a919b28196c103ecffebabee141"],
      ["block_with_transactions", "000000002066d7f9b134c30b5005b7bf5fbfa52f279883f1fde793dcdc964266"],
    ] as const
  ).map(
    ([folder, hash]) =>
      [
        `${ETL}/${folder}/rpc_response_getblock_${hash}_2.json`,
        (file: unknown) =>
          (Array.isArray(file) ? file[0].result : ((file as { result?: GetBlock }).result ?? file)) as GetBlock,
      ] as const,
  ),
];

describe.each(TOLD)("%s", (path, read) => {
  const told = read(readBitcoinFixture(path));
  const network = networkNamed("Bitcoin");
  const block = readBytes(serializeGetBlock(told), told.height, network);

  test("has the node's hash, ids, sizes and amounts", () => {
    expect(block.ref.hash).toBe(told.hash);
    expect(idsOf(block)).toEqual(told.tx.map(({ txid }) => txid));
    expect(measureBlock(block)).toEqual({ total: told.size, stripped: told.strippedsize, weight: told.weight });
    expect(verifyBlock(block, network, "full").checks.find(({ check }) => check === "merkleRoot")?.result).toBe(
      "passed",
    );
    const { amount, scriptStart, scriptEnd } = block.transactions;
    const outputs = amount.map((at, i) => [
      block.bytes.readBigUInt64LE(at),
      block.bytes.toString("hex", scriptStart[i], scriptEnd[i]),
    ]);
    const expected = told.tx.flatMap(({ vout }) =>
      vout.map(({ value, scriptPubKey }) => [BigInt(Math.round(value * 1e8)), scriptPubKey.hex]),
    );
    expect(outputs).toEqual(expected);
  });
});

describe.each(["mainnet_91880", "mainnet_200000"])("%s with what it spends", (name) => {
  const file = readBitcoinFixture<{ getblock: GetBlock; prevouts: NonNullable<RecordedBlock["prevouts"]> }>(
    `coinbase__chainstorage/bitcoin/${name}_getblock2.json`,
  );
  const network = networkNamed("Bitcoin");
  const block = readBytes(serializeGetBlock(file.getblock), file.getblock.height, network);

  test("conserves: what all accounts win is the subsidy, and nothing else", () => {
    const spent = resolveSpent(block, network, findRecorded(file, network));
    const ledger = decodeBlock(block, spent, network);
    verifyBlock(block, network, "full", { outputs: spent, source: "ledger" });
    let sum = 0n;
    for (const { movements } of ledger.transactions) for (const { delta } of movements) sum += delta;
    // Block 91880 repeats a coinbase of 50 coins, of which one is lost.
    expect(sum).toBe(name === "mainnet_91880" ? 0n : 5_000_000_000n);
  });
});
