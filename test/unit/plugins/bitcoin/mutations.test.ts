import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { BitcoinNetwork } from "../../../../src/plugins/bitcoin/networks/network.ts";
import type { BitcoinBlock } from "../../../../src/plugins/bitcoin/read-block.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import {
  compactSize,
  networkNamed,
  type RecordedBlock,
  readBitcoinFixture,
  readBytes,
} from "../../../support/bitcoin-fixtures.ts";

/** Printed with every failure: the same changes come out of it again. */
const SEED = 20_261_127;

type Recorded = {
  readonly bytes: Buffer;
  readonly height: number;
  readonly network: BitcoinNetwork;
  readonly block: BitcoinBlock;
};

function open(path: string): Recorded {
  const { chain, network: name, height, hex } = readBitcoinFixture<RecordedBlock>(path);
  const network = networkNamed(`${chain} ${name}`);
  const bytes = Buffer.from(hex, "hex");
  return { bytes, height, network, block: readBytes(bytes, height, network) };
}

/** How a node's bytes are refused: the field that is wrong, or the code where they are no block. Any other error is thrown. */
function refusalOf({ height, network }: Recorded, bytes: Uint8Array): string {
  try {
    verifyBlock(readBytes(bytes, height, network), network, "full");
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    if (error.code === "integrity-violation") return String(error.details["field"]);
    if (error.code === "node-bad-response") return error.code;
    throw error;
  }
  return "none";
}

/**
 * Bytes of a block that nothing covers: what a merge-mined block says the parent's hash is (the parent's header follows
 * and is hashed), and Litecoin's extension block, which is not looked into. Neither is decoded.
 */
function isUncovered({ bytes, block }: Recorded, at: number): boolean {
  const { auxPow, coreEnd } = block;
  // The byte at the core's end says that the extension block is there.
  if (at > coreEnd) return true;
  if (auxPow === undefined) return false;
  const branches = auxPow.coinbaseBranch.hashes.length + auxPow.chainBranch.hashes.length;
  const parentAt = auxPow.parent.bytes.byteOffset - bytes.byteOffset;
  const hashAt = parentAt - 2 * 4 - 2 - branches * 32 - 32;
  return at >= hashAt && at < hashAt + 32;
}

/** Blocks that are small enough to be changed at every byte. */
const SMALL = [
  "spesmilo__electrumx/bitcoin/mainnet_100000.json",
  "spesmilo__electrumx/bitcoin/signet_31500.json",
  "bitcoinj__bitcoinj/bitcoin/testnet3_700000.json",
  "spesmilo__electrumx/litecoin/mainnet_900000.json",
  "ltcsuite__ltcd/litecoin/testnet4_2319633.json",
  "ltcsuite__ltcd/litecoin/testnet4_2321749.json",
  "trezor__blockbook/dogecoin/mainnet_371337.json",
  "trezor__blockbook/dogecoin/testnet_158100.json",
  "QEDProtocol__doge-test-data/dogecoin/mainnet_5322720.json",
];

/** Larger ones, and how many of their bytes are changed. */
const LARGE: readonly (readonly [string, number])[] = [
  ["bcoin-org__bcoin/bitcoin/mainnet_482683.json", 1000],
  ["spesmilo__electrumx/bitcoin/testnet4_40000.json", 600],
  ["bitpay__bitcore/litecoin/testnet4_1856255.json", 300],
  ["bcoin-org__bcoin/bitcoin/mainnet_300025.json", 60],
  ["spesmilo__electrumx/bitcoin/mainnet_951658.json", 200],
  ["bcoin-org__bcoin/bitcoin/testnet3_928849.json", 20],
  ["rsksmart__liquidity-provider-server/bitcoin/testnet3_2582756.json", 40],
  ["cculianu__Fulcrum/bitcoincash/mainnet_833705.json", 200],
  ["spesmilo__electrumx/litecoin/mainnet_2265985.json", 400],
  ["ltcsuite__ltcd/litecoin/testnet4_2215586.json", 400],
  ["QEDProtocol__doge-test-data/dogecoin/mainnet_5122721.json", 200],
];

test("bytes of no block at all are refused", () => {
  const random = new SeededRandom(SEED);
  const networks = [...new Set(SMALL.map((path) => open(path).network))];
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(Array.from({ length: random.integer(0, 400) }, () => random.integer(0, 255)));
    // Small counts go further than those that fail at once.
    if (bytes.length > 90) bytes.set([1, 1, 0, 0, 0, random.integer(0, 3), random.integer(0, 9)], 80);
    for (const network of networks) {
      expect(() => readBytes(bytes, 5, network)).toThrow(HeadwaterError);
    }
  }
});

describe.each(SMALL)("%s", (path) => {
  const recorded = open(path);

  test("a change of any byte is refused, but of those that nothing covers", () => {
    const random = new SeededRandom(SEED);
    const places = Array.from(recorded.bytes.keys());
    expect(acceptedChanges(recorded, places, () => random.integer(1, 255))).toEqual(
      places.filter((at) => isUncovered(recorded, at)),
    );
  });

  test("a byte of ones or zeros, as counts and lengths become largest and smallest, is refused as well", () => {
    const places = Array.from(recorded.bytes.keys()).filter((at) => !isUncovered(recorded, at));
    const random = new SeededRandom(SEED);
    const mask = (byte: number) => (random.next() < 0.5 ? byte ^ 0xff : byte);
    expect(acceptedChanges(recorded, places, mask)).toEqual([]);
  });

  test("a cut anywhere is no block, and neither is one with bytes after its end", () => {
    const { bytes, block } = recorded;
    // Of the extension block only its first byte is looked for.
    const end = block.transactions.integrating ? block.coreEnd + 2 : bytes.length;
    for (let size = 0; size < end; size++) {
      expect([size, refusalOf(recorded, bytes.subarray(0, size))]).toEqual([size, "node-bad-response"]);
    }
    const longer = refusalOf(recorded, Buffer.concat([bytes, Buffer.of(0)]));
    expect(longer).toBe(block.transactions.integrating ? "none" : "node-bad-response");
  });

  test("counts and lengths beyond all bounds are refused at once", () => {
    const { bytes, block } = recorded;
    const { bodyStart, bodyEnd, witnessEnd, scriptStart, outpoint } = block.transactions;
    const witnesses = bodyEnd.filter((at, i) => at !== witnessEnd[i]);
    const lengths = [...scriptStart.map((at) => at - 1), ...outpoint.map((at) => at + 36)];
    for (const at of [80, ...bodyStart, ...witnesses, ...lengths]) {
      for (const size of ["fdffff", "feffffff7f", "feffffffff", "ffffffffffffffff7f", "ffffffffffffffffff"]) {
        const head = bytes.subarray(0, at);
        const hostile = Buffer.concat([head, Buffer.from(size, "hex"), bytes.subarray(at + 1)]);
        expect([at, size, refusalOf(recorded, hostile)]).toEqual([at, size, "node-bad-response"]);
      }
    }
  });

  test("transactions that are left out, twice there or in another order are refused", () => {
    const refusals = new Set(rearrangements(recorded).map((bytes) => refusalOf(recorded, bytes)));
    refusals.delete("merkleRoot");
    // The balancing transaction must be the last; a run whose repetition leaves the merkle root as it was is found as one.
    refusals.delete("node-bad-response");
    refusals.delete("transactions");
    expect([...refusals]).toEqual([]);
  });
});

test.each(LARGE)("%s: changes at %i places are refused, but of bytes that nothing covers", (path, count) => {
  const recorded = open(path);
  const random = new SeededRandom(SEED);
  const places = Array.from({ length: count }, () => random.integer(0, recorded.bytes.length - 1));
  const accepted = acceptedChanges(recorded, places, () => 1 << random.integer(0, 7));
  expect(accepted).toEqual(places.filter((at) => isUncovered(recorded, at)));
});

/** The places at which a change was not found. A mask of 0 changes nothing and is left out. */
function acceptedChanges(
  recorded: Recorded,
  places: readonly number[],
  maskOf: (byte: number) => number,
): readonly number[] {
  const bytes = Buffer.from(recorded.bytes);
  return places.filter((at) => {
    const before = bytes[at] as number;
    const mask = maskOf(before);
    if (mask === 0) return false;
    bytes[at] = before ^ mask;
    const refusal = refusalOf(recorded, bytes);
    bytes[at] = before;
    return refusal === "none";
  });
}

/** The block's bytes with its transactions in other ways: one left out, one or a run twice, two swapped. */
function rearrangements({ bytes, block }: Recorded): Buffer[] {
  const { start, end, count } = block.transactions;
  const parts = start.map((from, i) => bytes.subarray(from, end[i]));
  const head = bytes.subarray(0, (start[0] as number) - compactSize(count).length);
  const tail = bytes.subarray(end[count - 1]);
  const build = (of: readonly Buffer[]) => Buffer.concat([head, compactSize(of.length), ...of, tail]);
  const found: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    found.push(build(parts.toSpliced(i, 1)));
    found.push(build(parts.toSpliced(i, 0, parts[i] as Buffer)));
    found.push(build([...parts, ...parts.slice(i)]));
    if (i > 0) found.push(build(parts.with(i, parts[i - 1] as Buffer).with(i - 1, parts[i] as Buffer)));
  }
  return found;
}
