import { beforeAll, describe, expect, it } from "vitest";
import type { TransactionOutput } from "../../../../src/core/model.ts";
import { sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { ApiUnderTest, type Json } from "../../../support/api.ts";
import { buildBlock, buildCoinbase, buildTransaction } from "../../../support/bitcoin-builder.ts";
import { networkNamed, ownerOf, readBitcoinFixture, readGenesisBlock } from "../../../support/bitcoin-fixtures.ts";
import { BitcoinLedger, openBitcoinChain } from "../../../support/bitcoin-ledger.ts";
import { MemoryService } from "../../../support/memory-service.ts";

type FakeOutput = { readonly n: number; readonly script: string; readonly valueSat: string };
type FakeTransaction = {
  readonly txid: string;
  readonly vin: readonly { readonly txid?: string; readonly vout?: number; readonly coinbase?: string }[];
  readonly vout: readonly FakeOutput[];
};
type Fixture = {
  readonly blocks: readonly { readonly time: number; readonly tx: readonly FakeTransaction[] }[];
  readonly api: readonly { readonly name: string; readonly bodyContains: readonly string[] }[];
};

/*
 * Blockbook's chain has ids that no bytes hash to, and a first block of transactions without inputs. So its first block is
 * committed as a ledger, with these very ids; its second is built as bytes that spend them, and its transactions have other
 * ids: `idOf` tells them. All else is as Blockbook's tests expect it: addresses, amounts, fees, order. It stands on regtest,
 * whose addresses are testnet's, at the heights 1 and 2.
 */
const network = networkNamed("Bitcoin Regtest");
const { blocks, api: cases } = readBitcoinFixture<Fixture>("trezor__blockbook/fakechain_utxo_2blocks.json");
const ids = new Map<string, string>();
const idOf = (blockbooks: string) => ids.get(blockbooks) ?? blockbooks;
const heightOf = (blockbooks: number) => blockbooks - 225_492;

let api: ApiUnderTest;
let secondHash = "";

/** What Blockbook's test expects of an answer. */
function expected(name: string, index = 0): Json {
  const found = cases.filter((one) => one.name === name)[index];
  if (found === undefined) throw new Error(`no case named ${name}`);
  return JSON.parse(found.bodyContains[0] as string);
}

const account = (address: string) => `/v1/accounts/${network.id}:${address}`;

function buildRegtestGenesis(): Buffer {
  const bytes = readGenesisBlock();
  bytes.writeUInt32LE(1_296_688_602, 68);
  bytes.writeUInt32LE(0x207fffff, 72);
  bytes.writeUInt32LE(2, 76);
  return bytes;
}

function buildSecondBlock(parentHash: string): Buffer {
  const { tx, time } = blocks[1] as Fixture["blocks"][number];
  const transactions: Buffer[] = [];
  let coinbase: Buffer | undefined;
  for (const { txid, vin, vout } of tx) {
    const outputs = vout.map(({ script, valueSat }) => ({ amount: BigInt(valueSat), script }));
    const mined = vin[0]?.coinbase !== undefined;
    const inputs = vin.map((input) => ({
      id: Buffer.from(idOf(input.txid ?? ""), "hex").reverse(),
      index: input.vout ?? 0,
    }));
    const built = mined ? buildCoinbase(outputs, "5200") : buildTransaction(inputs, outputs);
    ids.set(txid, Buffer.from(sha256d(built)).reverse().toString("hex"));
    if (mined) coinbase = built;
    else transactions.push(built);
  }
  const block = buildBlock([coinbase as Buffer, ...transactions], 2, network, Buffer.alloc(0), { parentHash, time });
  return block.bytes;
}

beforeAll(async () => {
  const service = await MemoryService.open({ chain: openBitcoinChain(network), outputs: true });
  const ledger = BitcoinLedger.behind(service);
  const genesis = await ledger.take(buildRegtestGenesis());
  const made = (blocks[0] as Fixture["blocks"][number]).tx.flatMap(({ txid, vout }) =>
    vout.map(({ n, script, valueSat }): TransactionOutput => {
      const id = `${txid}:${n}`;
      return { id, account: ownerOf(script, network) as string, asset: "slip44:1", amount: BigInt(valueSat) };
    }),
  );
  const time = (blocks[0] as Fixture["blocks"][number]).time * 1000;
  const first = await ledger.seed(made, { height: 2, parentHash: "01".repeat(32), time: time + 1000 });
  const second = await ledger.take(buildSecondBlock(first.hash));
  secondHash = second.decoded.ref.hash;
  service.refs.push(genesis.decoded.ref, first, second.decoded.ref);
  api = new ApiUnderTest([service]);
});

/** A transaction as Blockbook's version 2 tells it, as far as the ledger knows the same. */
function toBlockbook({ id, height, time, inputs, outputs, fee }: Json) {
  const plain = ({ account: owner, amount }: Json) => ({ addresses: [owner.split(":")[2]], value: amount });
  return {
    txid: id,
    blockHeight: height,
    blockTime: Date.parse(time) / 1000,
    vin: inputs.map((input: Json) => ({ ...plain(input), output: input.output })),
    vout: outputs.map(plain),
    fees: fee?.amount ?? "0",
  };
}

/** What Blockbook expects of a transaction, with the ids and heights that it has here. Burnt outputs are none of the ledger's. */
function fromBlockbook({ txid, blockHeight, blockTime, vin, vout, fees }: Json) {
  const plain = ({ addresses, value }: Json) => ({ addresses, value });
  return {
    txid: idOf(txid),
    blockHeight: heightOf(blockHeight),
    blockTime,
    vin: vin.map((input: Json) => ({ ...plain(input), output: `${idOf(input.txid)}:${input.vout ?? 0}` })),
    vout: vout.filter(({ isAddress }: Json) => isAddress).map(plain),
    fees,
  };
}

describe("Blockbook's chain of two blocks, through the API", () => {
  it("tells a transaction with its addresses, amounts and fee", async () => {
    const told = expected("apiTx v2");
    const answer = await api.get(`/v1/chains/${network.id}/transactions/${idOf(told.txid)}`);
    expect(toBlockbook(answer)).toEqual(fromBlockbook(told));
    expect(answer.blockHash).toBe(secondHash);
    await api.fail(`/v1/chains/${network.id}/transactions/1232${told.txid.slice(4)}`, "transaction-unknown");
  });

  it("tells an address's balance and its transactions, newest first", async () => {
    const told = expected("apiAddress v2 details=txs");
    const { balances } = await api.get(`${account(told.address)}/balances`);
    expect(balances).toMatchObject([{ amount: told.balance, source: "ledger" }]);
    const { transactions, next } = await api.get(`${account(told.address)}/transactions?movements=all`);
    expect(next).toBeNull();
    const details = await Promise.all(
      transactions.map(({ id }: Json) => api.get(`/v1/chains/${network.id}/transactions/${id}`)),
    );
    expect(details.map(toBlockbook)).toEqual(told.transactions.map(fromBlockbook));
    expect(transactions.map(({ id }: Json) => id)).toEqual(expected("apiAddress v2").txids.map(idOf));
  });

  it("tells what an address received and sent in all", async () => {
    const told = expected("apiAddress v2");
    const { transactions } = await api.get(`${account(told.address)}/transactions`);
    const total = (parts: "inputs" | "outputs") =>
      transactions
        .flatMap((one: Json) => one[parts])
        .reduce((sum: bigint, { amount }: Json) => sum + BigInt(amount), 0n);
    expect([`${total("outputs")}`, `${total("inputs")}`]).toEqual([told.totalReceived, told.totalSent]);
  });

  it.each([
    ["of one address", "apiUtxo v2", 0, "mtR97eM2HPWVM6c8FGLGcukgaHHQv7THoL"],
    ["of an address that Blockbook derived from a key", "apiUtxo v2 xpub", 0, "2N6utyMZfPNUb1Bk8oz7p2JqJrXkq83gegu"],
    ["of one that spent all", "apiUtxo v2 xpub", 1, "mv9uLThosiEnGRbVPS7Vhyw6VssbVRsiAw"],
  ])("tells the unspent outputs %s", async (_what, name, index, address) => {
    const { utxos } = await api.get(`${account(address)}/utxos`);
    expect(
      utxos.map(({ transaction, position, amount, height, confirmations }: Json) => {
        return { txid: transaction, vout: position, value: amount, height, confirmations };
      }),
    ).toEqual(
      expected(name, index).map(({ txid, vout, value, height, confirmations }: Json) => {
        return { txid: idOf(txid), vout, value, height: heightOf(height), confirmations };
      }),
    );
  });

  it.each([
    ["mtGXQvBowMkBpnhLckhxhbwYK44Gs9eEtz", "apiBalanceHistory Addr2 v2"],
    ["2NEVv9LJmAnY99W1pFoc5UJjVdypBqdnvu1", "apiBalanceHistory Addr5 v2"],
  ])("tells how the balance of %s went", async (address, name) => {
    const { points } = await api.get(`${account(address)}/history?asset=${network.id}/slip44:1`);
    let balance = 0n;
    const amounts = expected(name).map(({ received, sent }: Json) => {
      balance += BigInt(received) - BigInt(sent);
      return `${balance}`;
    });
    expect(points.map(({ height, amount }: Json) => [height, amount])).toEqual([
      [2, amounts[1]],
      [1, amounts[0]],
    ]);
  });

  it("tells its blocks, and fees that add up", async () => {
    const told = expected("apiGetBlock");
    const block = await api.get(`/v1/chains/${network.id}/blocks/${heightOf(told.height)}`);
    expect([block.transactions, Date.parse(block.time) / 1000]).toEqual([told.txCount, told.time]);
    const { txCount, totalFeesSat } = expected("apiFeeStats");
    const fees = await Promise.all(
      (blocks[1] as Fixture["blocks"][number]).tx.map(async ({ txid }) => {
        const { fee } = await api.get(`/v1/chains/${network.id}/transactions/${idOf(txid)}`);
        return fee === null ? [] : [BigInt(fee.amount)];
      }),
    );
    expect(fees.flat()).toHaveLength(txCount);
    expect(`${fees.flat().reduce((sum, fee) => sum + fee, 0n)}`).toBe(totalFeesSat);
  });
});
