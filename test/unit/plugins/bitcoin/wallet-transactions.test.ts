import { describe, expect, it } from "vitest";
import type { Chain, RawPending } from "../../../../src/core/contracts/plugin.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { Output } from "../../../../src/core/model.ts";
import { hashText, sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { networkNamed, readBitcoinFixture } from "../../../support/bitcoin-fixtures.ts";
import { openBitcoinChain } from "../../../support/bitcoin-ledger.ts";

type WalletCase = {
  readonly name: string;
  readonly address: string;
  readonly tx: {
    readonly txid: string;
    readonly hex: string;
    readonly vin: readonly { readonly txid: string; readonly vout?: string; addresses: string[]; value: string }[];
  };
  readonly expected: {
    readonly fee?: { readonly assetId: string; readonly value: string };
    readonly transfers: readonly { readonly type: "Send" | "Receive"; readonly totalValue: string }[];
  };
};

function spentOutputs({ tx }: WalletCase, chain: Chain): Output[] {
  return tx.vin.map(({ txid, vout = "0", addresses, value }) => ({
    id: `${txid}:${vout}`,
    account: chain.parseAccount(addresses[0] as string),
    asset: chain.info.nativeAsset,
    amount: BigInt(value),
    height: 1,
    coinbase: false,
  }));
}

function rawOf({ tx }: WalletCase): RawPending {
  return { id: tx.txid, node: "recorded", bytes: Buffer.from(tx.hex, "hex") };
}

const CASES = ["Bitcoin", "Bitcoin Cash"].flatMap((name) => {
  const file = name.replace(" ", "").toLowerCase();
  return readBitcoinFixture<WalletCase[]>(`shapeshift__lib/${file}_parsed_txs.json`).map(
    (one) => [name, one.name, one] as const,
  );
});

describe("transactions as a wallet reads them", () => {
  it.each(CASES)("%s: %s", (name, _what, one) => {
    const chain = openBitcoinChain(networkNamed(name));
    const account = chain.parseAccount(one.address);
    const spent = spentOutputs(one, chain);
    const { spends, makes } = chain.listPendingOutputs?.(rawOf(one)) ?? { spends: [], makes: [] };
    expect(spends).toEqual(spent.map(({ id }) => id));
    const { transaction } = chain.decodePending?.(rawOf(one), spent) ?? {};
    const own = (outputs: readonly { readonly account: string; readonly amount: bigint }[] | undefined) =>
      (outputs ?? []).reduce((sum, output) => sum + (output.account === account ? output.amount : 0n), 0n);
    const told = (type: string) =>
      one.expected.transfers.reduce(
        (sum, transfer) => sum + (transfer.type === type ? BigInt(transfer.totalValue) : 0n),
        0n,
      );
    expect([own(transaction?.outputs?.spends), own(transaction?.outputs?.makes)]).toEqual([
      told("Send"),
      told("Receive"),
    ]);
    expect(own(makes)).toBe(told("Receive"));
    const { fee } = one.expected;
    if (fee) {
      const { asset, amount } = transaction?.fee ?? {};
      expect({ assetId: `${chain.info.id}/${asset}`, value: `${amount}` }).toEqual(fee);
    }
  });
});

describe("a pending transaction whose bytes were changed", () => {
  const SEED = 20_261_127;

  it.each(CASES.slice(0, 3))("%s: %s", (name, _what, one) => {
    const chain = openBitcoinChain(networkNamed(name));
    const random = new SeededRandom(SEED);
    const spent = spentOutputs(one, chain);
    const raw = rawOf(one);
    const before = chain.decodePending?.(raw, spent).transaction;
    for (let at = 0; at < raw.bytes.length; at++) {
      const bytes = Buffer.from(raw.bytes);
      bytes[at] = (bytes[at] as number) ^ random.integer(1, 255);
      // Its id covers all but witnesses, which change nothing in the ledger.
      expect(ledgerOf(() => chain.decodePending?.({ ...raw, bytes }, spent).transaction, before)).toBe(true);
      expect(
        ledgerOf(
          () => chain.listPendingOutputs?.({ ...raw, bytes }).spends,
          spent.map(({ id }) => id),
        ),
      ).toBe(true);
    }
    for (let size = 0; size < raw.bytes.length; size++) {
      expect(ledgerOf(() => chain.listPendingOutputs?.({ ...raw, bytes: raw.bytes.subarray(0, size) }), {})).toBe(true);
    }
  });

  /** Whether the changed bytes are refused as no transaction or another one, or come to the same. */
  function ledgerOf(run: () => unknown, same: unknown): boolean {
    try {
      expect(run()).toEqual(same);
      return true;
    } catch (error) {
      if (error instanceof HeadwaterError) return error.code === "node-bad-response";
      throw error;
    }
  }
});

describe("witnesses (BIP141)", () => {
  type Told = { readonly txid: string; readonly hash: string; readonly hex: string; readonly vsize: number };
  const FILES = ["bitcoin_regtest_001_p2wpkh", "bitcoin_testnet_001_mixed_nonsegwit_segwit_inputs"];

  it.each(FILES)("%s: are part of the witness id and of the size, and of nothing in the ledger", (file) => {
    const told = readBitcoinFixture<Told>(`spesmilo__electrumx/transactions/${file}.json`);
    const chain = openBitcoinChain(networkNamed(file.includes("regtest") ? "Bitcoin Regtest" : "Bitcoin Testnet3"));
    const raw: RawPending = { id: told.txid, node: "recorded", bytes: Buffer.from(told.hex, "hex") };
    expect(hashText(sha256d(raw.bytes))).toBe(told.hash);
    expect(told.hash).not.toBe(told.txid);
    const { spends } = chain.listPendingOutputs?.(raw) ?? { spends: [] };
    const asset = chain.info.nativeAsset;
    const spent = spends.map((id) => ({ id, account: "00", asset, amount: 10n ** 12n, height: 1, coinbase: false }));
    const before = chain.decodePending?.(raw, spent);
    expect([before?.transaction.id, before?.size]).toEqual([told.txid, told.vsize]);
    let accepted = 0;
    for (let at = 0; at < raw.bytes.length; at++) {
      const bytes = Buffer.from(raw.bytes);
      bytes[at] = (bytes[at] as number) ^ 0x01;
      try {
        expect(chain.decodePending?.({ ...raw, bytes }, spent).transaction).toEqual(before?.transaction);
        accepted++;
      } catch (error) {
        if (!(error instanceof HeadwaterError)) throw error;
        expect(error.code).toBe("node-bad-response");
      }
    }
    // Signatures and keys: nearly all of the witnesses' bytes.
    expect(accepted).toBeGreaterThan(100);
  });
});
