import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../../../src/plugins/evm/decode.ts";
import { buildRawBlock, flattenReceipt, listFixtures, readFixture } from "../../../support/evm-fixtures.ts";
import { mainnetRules, opStackRules, unknownRules } from "../../../support/evm-rules.ts";

type RecordedTransfer = {
  readonly tokenAddress: string;
  readonly fromAddress: string;
  readonly toAddress: string;
  readonly erc20?: { readonly value?: string };
  readonly erc721?: { readonly tokenId?: string };
};
type Recorded = {
  readonly tokenTransfers: readonly {
    readonly transactionHash: string;
    readonly tokenTransfers: readonly RecordedTransfer[];
  }[];
};
type Transfer = { readonly asset: string; readonly from: string; readonly to: string; readonly amount: bigint };

const ZERO = "0x0000000000000000000000000000000000000000";
const files = listFixtures("coinbase__chainstorage").filter((file) => file.endsWith(".expected.json"));

function rulesOf(file: string) {
  if (file.includes("/polygon/")) return unknownRules;
  return file.includes("/ethereum") ? mainnetRules : opStackRules;
}

/** The transfers that movements of tokens stand for: a pair each, but for mint and burn, which have one side. */
function readTransfers(file: string): Map<string, Transfer[]> {
  const recorded = readFixture<{ block: unknown; receipts: object[] }>(file.replace(".expected", ""));
  const { block } = recorded;
  const receipts = recorded.receipts.map(flattenReceipt);
  const decoded = decodeBlock(buildRawBlock({ block, receipts }, "evm/1"), rulesOf(file));
  const transfers = new Map<string, Transfer[]>();
  for (const { id, movements } of decoded.transactions) {
    const tokens = movements.filter(({ asset }) => /^erc(20|721):/.test(asset));
    const own: Transfer[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const movement = tokens[i];
      if (!movement) break;
      const { kind, asset, account, delta } = movement;
      if (kind === "mint") own.push({ asset, from: ZERO, to: account, amount: delta });
      else if (kind === "burn") own.push({ asset, from: account, to: ZERO, amount: -delta });
      else {
        const other = tokens[++i];
        expect(other).toMatchObject({ asset, delta: -delta, kind });
        own.push({ asset, from: account, to: other?.account ?? "", amount: -delta });
      }
    }
    if (own.length > 0) transfers.set(id, own);
  }
  return transfers;
}

function readRecorded(file: string): { transfers: Map<string, Transfer[]>; count: number; idle: number } {
  const transfers = new Map<string, Transfer[]>();
  let count = 0;
  let idle = 0;
  for (const { transactionHash, tokenTransfers } of readFixture<Recorded>(file).tokenTransfers) {
    const own = tokenTransfers.map(({ tokenAddress, fromAddress, toAddress, erc20, erc721 }) => ({
      asset: erc721 ? `erc721:${tokenAddress}/${erc721.tokenId ?? "0"}` : `erc20:${tokenAddress}`,
      from: fromAddress,
      to: toAddress,
      amount: erc721 ? 1n : BigInt(erc20?.value ?? 0),
    }));
    count += own.length;
    const moving = own.filter(({ amount, from, to }) => amount > 0n && !(from === ZERO && to === ZERO));
    idle += own.length - moving.length;
    if (moving.length > 0) transfers.set(transactionHash, moving);
  }
  return { transfers, count, idle };
}

describe("token transfers of recorded blocks", () => {
  test.each(files)("%s", (file) => {
    expect(readTransfers(file)).toEqual(readRecorded(file).transfers);
  });

  test("the recorded lists hold as many transfers as they are known to", () => {
    const recorded = files.map(readRecorded);
    expect(files).toHaveLength(17);
    expect(recorded.reduce((sum, { count }) => sum + count, 0)).toBe(576);
    // Transfers of nothing, and one from the zero address to itself, move nothing: these have no movements.
    expect(recorded.reduce((sum, { idle }) => sum + idle, 0)).toBe(12);
  });
});
