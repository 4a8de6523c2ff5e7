import { describe, expect, test } from "vitest";
import type { BlockOutputs } from "../../../../src/core/contracts/plugin.ts";
import type { Account, Output, OutputId } from "../../../../src/core/model.ts";
import type { BitcoinNetwork } from "../../../../src/plugins/bitcoin/networks/network.ts";
import {
  type GetBlock,
  networkNamed,
  ownerOf,
  RECORDED_BLOCKS,
  type RecordedBlock,
  readBitcoinFixture,
  serializeGetBlock,
} from "../../../support/bitcoin-fixtures.ts";
import { BitcoinLedger, rawBlock } from "../../../support/bitcoin-ledger.ts";

type Prevouts = NonNullable<RecordedBlock["prevouts"]>;

type Recorded = {
  readonly bytes: Buffer;
  readonly height: number;
  readonly network: BitcoinNetwork;
  readonly prevouts: Prevouts | undefined;
  /** What each transaction after the coinbase pays, where that was worked out by others. */
  readonly fees: unknown;
};

function readRecorded(path: string): Recorded {
  if (path.endsWith("_getblock2.json")) {
    const { getblock, prevouts } = readBitcoinFixture<{ getblock: GetBlock; prevouts: Prevouts }>(path);
    return {
      bytes: serializeGetBlock(getblock),
      height: getblock.height,
      network: networkNamed("Bitcoin"),
      prevouts,
      fees: undefined,
    };
  }
  const { hex, height, chain, network, prevouts, computed } = readBitcoinFixture<RecordedBlock>(path);
  const fees = computed["txFees"];
  return { bytes: Buffer.from(hex, "hex"), height, network: networkNamed(`${chain} ${network}`), prevouts, fees };
}

/** Where previous outputs did not come along: an owner of all of them, and what each is worth. */
const STRANGER: Account = `76a914${"5a".repeat(20)}88ac`;
const PLENTY = 10n ** 15n;

/** More would only take longer: a block's accounts are alike. */
const ACCOUNTS_LOOKED_AT = 150;

type Change = { readonly account: Account; readonly amount: bigint };

/** What a block does, worked out by hand from its transactions in the ledger's form. */
function sumUp(changes: readonly Change[]): Map<Account, bigint> {
  const sums = new Map<Account, bigint>();
  for (const { account, amount } of changes) sums.set(account, (sums.get(account) ?? 0n) + amount);
  return sums;
}

/** What a block spends of earlier ones as a block before it could have made it. */
function spentBy({ spends: ids, makes }: BlockOutputs, recorded: Recorded, ledger: BitcoinLedger): Output[] {
  const { prevouts, network, height } = recorded;
  // A repeated coinbase spends what it makes (BIP30).
  const told = new Map<OutputId, Change>(makes.map((output) => [output.id, output]));
  if (prevouts) {
    const { transactions } = ledger.chain.decode(
      rawBlock(recorded.bytes, height),
      ids.map((id) => ({ id, account: STRANGER, asset: "", amount: PLENTY, height: 0, coinbase: false })),
    );
    for (const [i, { outputs }] of transactions.entries()) {
      for (const [j, { id }] of (outputs?.spends ?? []).entries()) {
        const prevout = prevouts[i - 1]?.[j];
        if (prevout === undefined) continue;
        told.set(id, { account: ownerOf(prevout.script, network) as Account, amount: BigInt(prevout.value) });
      }
    }
  }
  const asset = ledger.chain.info.nativeAsset;
  return ids.map((id) => {
    const { account, amount } = told.get(id) ?? { account: STRANGER, amount: PLENTY };
    return { id, account, asset, amount, height: height - 1, coinbase: false };
  });
}

const PATHS = [
  ...RECORDED_BLOCKS.filter((path) => !path.includes("_0.json")),
  "coinbase__chainstorage/bitcoin/mainnet_91880_getblock2.json",
  "coinbase__chainstorage/bitcoin/mainnet_200000_getblock2.json",
];

describe.each(PATHS)("%s", (path) => {
  const recorded = readRecorded(path);

  test("goes the whole way into the store and back: balances, unspent outputs and history are what it moves", async () => {
    const { bytes, height, network } = recorded;
    const ledger = await BitcoinLedger.open(network, height - 1);
    const listed = ledger.chain.listOutputs?.(rawBlock(bytes, height)) as BlockOutputs;
    const spent = spentBy(listed, recorded, ledger);
    await ledger.seed(spent, listed.ref);
    const seeded = sumUp(spent);

    const { decoded, checks } = await ledger.take(bytes, height);
    const { fees } = recorded;
    if (fees) expect(decoded.transactions.slice(1).map(({ fee }) => `${fee?.amount}`)).toEqual(fees);
    expect(checks.filter(({ check }) => check === "subsidy").map(({ result }) => result)).toEqual(["passed"]);
    const outputs = decoded.transactions.flatMap(({ outputs }) => outputs ?? []);
    const changes = sumUp([
      ...outputs.flatMap(({ makes }) => makes),
      ...outputs.flatMap(({ spends }) => spends).map(({ account, amount }) => ({ account, amount: -amount })),
    ]);
    const accounts = [...new Set([...seeded.keys(), ...changes.keys()])].slice(0, ACCOUNTS_LOOKED_AT);
    for (const account of accounts) {
      const balance = (seeded.get(account) ?? 0n) + (changes.get(account) ?? 0n);
      expect(await ledger.balance(account)).toBe(balance);
      const unspent = await ledger.unspent(account);
      expect(unspent.reduce((sum, { amount }) => sum + amount, 0n)).toBe(balance);
      const own = decoded.transactions.filter(({ movements }) => movements.some((one) => one.account === account));
      const history = await ledger.history(account);
      expect(history.slice(0, own.length)).toEqual(own.map(({ id }) => id).reverse());
    }
    expect(await ledger.faults()).toEqual([]);

    await ledger.ledger.rollback({ ...decoded.ref, height: height - 1, hash: decoded.ref.parentHash });
    for (const account of accounts) {
      expect(await ledger.balance(account)).toBe(seeded.get(account) ?? 0n);
      const unspent = (await ledger.unspent(account)).map(({ id }) => id).sort();
      expect(unspent).toEqual(spent.flatMap((one) => (one.account === account ? one.id : [])).sort());
    }
    expect(await ledger.faults()).toEqual([]);
  });
});
