import { expect, test } from "vitest";
import { hashText, sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { NETWORKS } from "../../../../src/plugins/bitcoin/networks/find-network.ts";
import { buildCoinbase } from "../../../support/bitcoin-builder.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";

/** What the nodes' sources say of a genesis block: from it the block is built again, and with it its hash. */
type Genesis = {
  readonly text: string;
  /** The public key that its coinbase pays to, hex. */
  readonly key: string;
  readonly coins?: bigint;
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
};

const TIMES = {
  text: "The Times 03/Jan/2009 Chancellor on brink of second bailout for banks",
  key: "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f",
};
const LITECOIN_KEY =
  "040184710fa689ad5023690c80f3a49c8f13f8d45b8c857fbcbc8bc4a8e4d3eb4b10f4d4604fa08dce601aaf0f470216fe1b51850b4acf21b179c45070ac7b03a9";
const JOBS = { text: "NY Times 05/Oct/2011 Steve Jobs, Apple’s Visionary, Dies at 56", key: LITECOIN_KEY };
const NINTONDO = { text: "Nintondo", key: LITECOIN_KEY, coins: 88n };

const GENESIS: Readonly<Record<string, Genesis>> = {
  Bitcoin: { ...TIMES, time: 1_231_006_505, bits: 0x1d00ffff, nonce: 2_083_236_893 },
  "Bitcoin Testnet3": { ...TIMES, time: 1_296_688_602, bits: 0x1d00ffff, nonce: 414_098_458 },
  "Bitcoin Testnet4": {
    text: "03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e",
    key: "00".repeat(33),
    time: 1_714_777_860,
    bits: 0x1d00ffff,
    nonce: 393_743_547,
  },
  "Bitcoin Signet": { ...TIMES, time: 1_598_918_400, bits: 0x1e0377ae, nonce: 52_613_770 },
  "Bitcoin Regtest": { ...TIMES, time: 1_296_688_602, bits: 0x207fffff, nonce: 2 },
  Litecoin: { ...JOBS, time: 1_317_972_665, bits: 0x1e0ffff0, nonce: 2_084_524_493 },
  "Litecoin Testnet": { ...JOBS, time: 1_486_949_366, bits: 0x1e0ffff0, nonce: 293_345 },
  "Litecoin Regtest": { ...JOBS, time: 1_296_688_602, bits: 0x207fffff, nonce: 0 },
  Dogecoin: { ...NINTONDO, time: 1_386_325_540, bits: 0x1e0ffff0, nonce: 99_943 },
  "Dogecoin Testnet": { ...NINTONDO, time: 1_391_503_289, bits: 0x1e0ffff0, nonce: 997_879 },
  "Bitcoin Cash": { ...TIMES, time: 1_231_006_505, bits: 0x1d00ffff, nonce: 2_083_236_893 },
};

/** The hash of the block: one transaction, so its id is the merkle root. */
function hashGenesis({ text, key, coins = 50n, time, bits, nonce }: Genesis): string {
  const message = Buffer.from(text);
  const size = Buffer.of(message.length);
  // Pushes of a number and of 4, then of the text, which is longer than 75 bytes in one network.
  const push = message.length < 0x4c ? size : Buffer.concat([Buffer.of(0x4c), size]);
  const script = Buffer.concat([Buffer.from("04ffff001d0104", "hex"), push, message]).toString("hex");
  const pays = `${(key.length / 2).toString(16)}${key}ac`;
  const coinbase = buildCoinbase([{ amount: coins * 100_000_000n, script: pays }], script);
  const header = Buffer.alloc(80);
  header.writeInt32LE(1, 0);
  header.set(sha256d(coinbase), 36);
  header.writeUInt32LE(time, 68);
  header.writeUInt32LE(bits, 72);
  header.writeUInt32LE(nonce, 76);
  return hashText(sha256d(header));
}

test.each(Object.entries(GENESIS))("%s: the genesis block built again has the hash of the table", (name, genesis) => {
  expect(hashGenesis(genesis)).toBe(networkNamed(name).genesisHash);
});

test("no network of the table is left out, and ids are those of the genesis block or of the first block after a split", () => {
  expect(Object.keys(GENESIS).sort()).toEqual(NETWORKS.map(({ name }) => name).sort());
  for (const { id, genesisHash, splits, name } of NETWORKS) {
    const first = name === "Bitcoin Cash" ? (splits[0]?.hash as string) : genesisHash;
    expect(id).toBe(`bip122:${first.slice(0, 32)}`);
  }
  expect(NETWORKS.filter(({ splits }) => splits.length > 0).map(({ name }) => name)).toEqual([
    "Bitcoin",
    "Bitcoin Cash",
  ]);
});
